"""Looking at a queue and its workers with bounded work, and without changing anything."""

from kongtask.monitoring.counters import Counters, Rates, rates, read_counters
from kongtask.monitoring.statistics import (
    DueJob,
    Holder,
    JobCounts,
    QueueCounts,
    QueueStatistics,
    TaskCounts,
    read_statistics,
)

__all__ = [
    "Counters",
    "DueJob",
    "Holder",
    "JobCounts",
    "QueueCounts",
    "QueueStatistics",
    "Rates",
    "TaskCounts",
    "rates",
    "read_counters",
    "read_statistics",
]
