"""The worker: claiming jobs, running tasks, writing how they ended."""

from kongtask.worker.app import App
from kongtask.worker.life import LifeOptions
from kongtask.worker.options import LocalQueueOptions, RefetchDelay, WorkerOptions
from kongtask.worker.runner import Runner
from kongtask.worker.tasks.context import Context, ThreadContext
from kongtask.worker.tasks.outcomes import Fail, Retry, Snooze
from kongtask.worker.tasks.retry_policies import Exponential, Fixed, RetryPolicy

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
