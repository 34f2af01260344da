"""Jobs: adding them in the caller's own transaction, with any driver, and looking after them."""

from kongtask.jobs.adding import add_job, add_jobs
from kongtask.jobs.job import Job
from kongtask.jobs.specs import JobKeyMode, JobSpec

__all__ = ["Job", "JobKeyMode", "JobSpec", "add_job", "add_jobs"]
