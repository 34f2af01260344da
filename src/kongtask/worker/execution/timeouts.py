"""How long a job may take: as its task says, or as the job itself does, by a flag."""

from __future__ import annotations

import logging
import math

from kongtask.worker.claimed import ClaimedJob

_log = logging.getLogger("kongtask.worker")

#: A job with the flag ``timeout:30`` may take 30 seconds, whatever its task says. Flags are what a
#: job can carry without a column of its own; workers of Node pass over those that they do not know.
_FLAG = "timeout:"


def timeout_of(job: ClaimedJob, default: float | None) -> float | None:
    """Return how many seconds a job may take; None for as long as it likes.

    Args:
        job: the job.
        default: its task's.
    """
    if job.flags_text is None or _FLAG not in job.flags_text:
        return default
    given = [flag.removeprefix(_FLAG) for flag in job.flags if flag.startswith(_FLAG)]
    seconds = [number for number in map(_seconds, given) if number is not None]
    if len(seconds) < len(given):
        _log.warning(
            "%r has a flag timeout: that is no number of seconds above 0; it counts for nothing",
            job,
        )
    return min(seconds, default=default)


def _seconds(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < math.inf else None
