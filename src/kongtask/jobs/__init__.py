"""Jobs: adding them in the caller's own transaction, with any driver, and looking after them."""

from kongtask.jobs.adding import add_job, add_jobs
from kongtask.jobs.administration import (
    Unlocked,
    complete_jobs,
    force_unlock_workers,
    permanently_fail_jobs,
    remove_job,
    reschedule_jobs,
    retry_jobs,
)
from kongtask.jobs.cleaning import CLEANUP_TASKS, Cleaned, CleanupTask, cleanup
from kongtask.jobs.control import Cancellation, cancel_jobs, set_concurrency
from kongtask.jobs.inspection import FoundJob, JobState, Queue, find_jobs, find_queues
from kongtask.jobs.job import Job
from kongtask.jobs.limits import (
    ActiveLimit,
    Concurrency,
    Limit,
    Rate,
    find_limits,
    remove_limit,
    set_limit,
)
from kongtask.jobs.pauses import Pause, PauseKind, find_pauses, pause, resume
from kongtask.jobs.specs import JobKeyMode, JobSpec

__all__ = [
    "CLEANUP_TASKS",
    "ActiveLimit",
    "Cancellation",
    "Cleaned",
    "CleanupTask",
    "Concurrency",
    "FoundJob",
    "Job",
    "JobKeyMode",
    "JobSpec",
    "JobState",
    "Limit",
    "Pause",
    "PauseKind",
    "Queue",
    "Rate",
    "Unlocked",
    "add_job",
    "add_jobs",
    "cancel_jobs",
    "cleanup",
    "complete_jobs",
    "find_jobs",
    "find_limits",
    "find_pauses",
    "find_queues",
    "force_unlock_workers",
    "pause",
    "permanently_fail_jobs",
    "remove_job",
    "remove_limit",
    "reschedule_jobs",
    "resume",
    "retry_jobs",
    "set_concurrency",
    "set_limit",
]
