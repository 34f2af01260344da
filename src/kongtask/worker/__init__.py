"""The worker: claiming jobs, running tasks, writing how they ended."""

from kongtask.worker.app import App
from kongtask.worker.context import Context, ThreadContext
from kongtask.worker.life import LifeOptions
from kongtask.worker.options import LocalQueueOptions, RefetchDelay, WorkerOptions
from kongtask.worker.runner import Runner

__all__ = [
    "App",
    "Context",
    "LifeOptions",
    "LocalQueueOptions",
    "RefetchDelay",
    "Runner",
    "ThreadContext",
    "WorkerOptions",
]
