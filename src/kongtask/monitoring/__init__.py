"""Looking at a queue and its workers with bounded work, and without changing anything."""

from kongtask.monitoring.bounded import bounded
from kongtask.monitoring.counters import Counters, Rates, rates, read_counters
from kongtask.monitoring.overview import Overview, Watch
from kongtask.monitoring.pools import Pool, PoolState, find_pools
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
    "Overview",
    "Pool",
    "PoolState",
    "QueueCounts",
    "QueueStatistics",
    "Rates",
    "TaskCounts",
    "Watch",
    "bounded",
    "find_pools",
    "rates",
    "read_counters",
    "read_statistics",
]
