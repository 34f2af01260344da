"""Holding jobs back: limits on how many run at once and how often they begin, and pauses.

What the database keeps of it lives in the schema beside the worker schema; without that, jobs are
claimed as if there were none.
"""

from kongtask.worker.limits.events import PoolHoldBack
from kongtask.worker.limits.limits import Limits
from kongtask.worker.limits.rules import Rules

__all__ = ["Limits", "PoolHoldBack", "Rules"]
