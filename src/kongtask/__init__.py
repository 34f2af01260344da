"""kongtask: a PostgreSQL job queue for Python whose database schema is a verified artefact.

The names that most code needs are here; each is imported from its module when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kongtask.cron import CronItem, cron_item, parse_crontab
    from kongtask.errors import KongtaskError
    from kongtask.jobs import Concurrency, Job, JobSpec, Rate, add_job, add_jobs
    from kongtask.worker import (
        App,
        Context,
        Exponential,
        Fail,
        Fixed,
        LifeOptions,
        LocalQueueOptions,
        RefetchDelay,
        Retry,
        RetryPolicy,
        Runner,
        Snooze,
        ThreadContext,
        WorkerOptions,
    )
    from kongtask.worker_utils import WorkerUtils, WorkerUtilsSync

__version__ = "0.1.0"

__all__ = [
    "App",
    "Concurrency",
    "Context",
    "CronItem",
    "Exponential",
    "Fail",
    "Fixed",
    "Job",
    "JobSpec",
    "KongtaskError",
    "LifeOptions",
    "LocalQueueOptions",
    "Rate",
    "RefetchDelay",
    "Retry",
    "RetryPolicy",
    "Runner",
    "Snooze",
    "ThreadContext",
    "WorkerOptions",
    "WorkerUtils",
    "WorkerUtilsSync",
    "__version__",
    "add_job",
    "add_jobs",
    "cron_item",
    "parse_crontab",
]

_MODULES = {
    "kongtask.cron": ("CronItem", "cron_item", "parse_crontab"),
    "kongtask.errors": ("KongtaskError",),
    "kongtask.jobs": ("Concurrency", "Job", "JobSpec", "Rate", "add_job", "add_jobs"),
    "kongtask.worker": (
        "App", "Context", "Exponential", "Fail", "Fixed", "LifeOptions", "LocalQueueOptions",
        "RefetchDelay", "Retry", "RetryPolicy", "Runner", "Snooze", "ThreadContext",
        "WorkerOptions",
    ),
    "kongtask.worker_utils": ("WorkerUtils", "WorkerUtilsSync"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # a type checker would take every name for known

    def __getattr__(name: str) -> object:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found: object = getattr(importlib.import_module(_MODULE_OF[name]), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
