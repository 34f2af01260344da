"""A job as a value, and reading it from what the server says of its row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

from kongtask.jobs.payloads import decode_payload

_TIMES = ("run_at", "created_at", "updated_at", "locked_at")

#: What stands for a time that Python has no value for: infinity, or a year beyond 9999.
LATEST = datetime.max.replace(tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC)


class Job(Struct, frozen=True, kw_only=True, gc=False):
    """A job as it was in the database when it was read.

    Attributes:
        id: its number.
        task_identifier: the task that executes it.
        payload: what the task gets, decoded from JSON.
        priority: the smaller, the sooner.
        run_at: the time before which it is not executed.
        attempts: how often it has been begun.
        max_attempts: how often it may be.
        last_error: the message of its last failure.
        created_at: when it was added.
        updated_at: when it was last changed by a call; execution does not count.
        key: its job key.
        locked_at: since when somebody executes it.
        locked_by: who does: the id of a pool of workers.
        revision: how often a call with its key has changed it.
        flags: its flags, or None where it has none.
        queue_name: its queue, or None where it has none or where that was not asked for.
        job_queue_id: the number of its queue.
        task_id: the number of its task.
    """

    id: int
    task_identifier: str
    payload: Any
    priority: int
    run_at: datetime
    attempts: int
    max_attempts: int
    last_error: str | None
    created_at: datetime
    updated_at: datetime
    key: str | None
    locked_at: datetime | None
    locked_by: str | None
    revision: int
    flags: frozenset[str] | None
    queue_name: str | None
    job_queue_id: int | None
    task_id: int


class JobRow(Struct, frozen=True, kw_only=True, gc=False):
    """A row of the table of jobs, as ``row_to_json`` writes it."""

    id: int
    job_queue_id: int | None
    task_id: int
    payload: Raw
    priority: int
    run_at: datetime
    attempts: int
    max_attempts: int
    last_error: str | None
    created_at: datetime
    updated_at: datetime
    key: str | None
    locked_at: datetime | None
    locked_by: str | None
    revision: int
    flags: dict[str, bool] | None

    def job(self, *, task_identifier: str, queue_name: str | None = None) -> Job:
        """Return the job, with the names that stand in other tables."""
        return Job(
            id=self.id,
            task_identifier=task_identifier,
            payload=decode_payload(bytes(self.payload)),
            priority=self.priority,
            run_at=self.run_at,
            attempts=self.attempts,
            max_attempts=self.max_attempts,
            last_error=self.last_error,
            created_at=self.created_at,
            updated_at=self.updated_at,
            key=self.key,
            locked_at=self.locked_at,
            locked_by=self.locked_by,
            revision=self.revision,
            flags=None if self.flags is None else frozenset(self.flags),
            queue_name=queue_name,
            job_queue_id=self.job_queue_id,
            task_id=self.task_id,
        )


_DECODER = msgspec.json.Decoder(JobRow)


def read_row(text: str) -> JobRow:
    """Read a row of the table of jobs.

    A time that Python cannot hold, infinity for instance, becomes the nearest that it can.

    Args:
        text: the row as ``row_to_json`` writes it. Asking for JSON makes a driver's own types, and
            what a caller has changed about them, no matter of ours.
    """
    try:
        return _DECODER.decode(text)
    except msgspec.MsgspecError:
        return _read_odd_row(json.loads(text))


def _read_odd_row(values: Mapping[str, Any]) -> JobRow:
    times = {name: _nearest(values[name]) for name in _TIMES}
    known = {name: values[name] for name in JobRow.__struct_fields__}
    return JobRow(**{**known, **times, "payload": Raw(json.dumps(values["payload"]).encode())})


def _nearest(time: str | None) -> datetime | None:
    if time is None:
        return None
    try:
        return datetime.fromisoformat(time)
    except ValueError:
        return EARLIEST if time == "-infinity" or time.endswith("BC") else LATEST
