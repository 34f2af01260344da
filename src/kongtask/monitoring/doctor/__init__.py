"""What is wrong with a queue, what that means, and what mends it."""

from kongtask.monitoring.doctor.diagnosis import Diagnosis, Thresholds
from kongtask.monitoring.doctor.examination import examine
from kongtask.monitoring.doctor.rules import RULES

__all__ = ["RULES", "Diagnosis", "Thresholds", "examine"]
