"""The worker: claiming jobs, running tasks, writing how they ended."""

from kongtask.worker.app import App
from kongtask.worker.context import Context, ThreadContext
from kongtask.worker.life import LifeOptions
from kongtask.worker.options import LocalQueueOptions, RefetchDelay, WorkerOptions
from kongtask.worker.outcomes import Fail, Retry, Snooze
from kongtask.worker.retry_policies import Exponential, Fixed, RetryPolicy
from kongtask.worker.runner import Runner

__all__ = [
    "App",
    "Context",
    "Exponential",
    "Fail",
    "Fixed",
    "LifeOptions",
    "LocalQueueOptions",
    "RefetchDelay",
    "Retry",
    "RetryPolicy",
    "Runner",
    "Snooze",
    "ThreadContext",
    "WorkerOptions",
]
