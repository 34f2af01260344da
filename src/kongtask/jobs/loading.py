"""Adding many jobs straight to the table, past the functions that make a value of each before.

The answer is short: ids, and what else the caller does not know. A job that is new is made of its
spec, without being sent back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import Struct

from kongtask.jobs.job import Job, JobRow, read_row
from kongtask.jobs.payloads import decode_payload
from kongtask.jobs.specs import JobSpec, Prepared
from kongtask.jobs.statements import Row, Statement


class Loaded(Struct, frozen=True, kw_only=True, gc=False):
    """The jobs that a load has added.

    Attributes:
        count: how many there are.
        ids: their numbers; without keys, in the order of the specs.
        keys: their keys, in the order of the ids; None where the load had none.
        replaced: the jobs that were there before.
        task_ids: of each task, its number.
        queue_ids: of each queue.
        now: when they were added.
    """

    count: int
    ids: list[int]
    keys: list[str | None] | None
    replaced: list[JobRow]
    task_ids: dict[str, int]
    queue_ids: dict[str | None, int | None]
    now: datetime

    def jobs(self, specs: Sequence[Prepared]) -> dict[int, Job]:
        """Return the jobs by the places of their specs."""
        if self.keys is None:
            return {
                place: self._new_job(id_, each)
                for place, (id_, each) in enumerate(zip(sorted(self.ids), specs, strict=True))
            }
        by_key = {key: id_ for key, id_ in zip(self.keys, self.ids, strict=True) if key}
        keyless = iter(sorted(
            id_ for key, id_ in zip(self.keys, self.ids, strict=True) if key is None
        ))  # fmt: skip
        replaced = {row.id: row for row in self.replaced}
        jobs = {}
        for place, each in enumerate(specs):
            key = each.spec.job_key
            id_ = next(keyless) if key is None else by_key.get(key)
            if id_ is None:  # its key is another's, who is busy
                continue
            row = replaced.get(id_)
            if row is None:
                jobs[place] = self._new_job(id_, each)
            else:
                jobs[place] = row.job(
                    task_identifier=each.spec.identifier, queue_name=each.spec.queue_name
                )
        return jobs

    def _new_job(self, id_: int, each: Prepared) -> Job:
        spec, payload, now = each.spec, each.payload, self.now
        return Job(
            id=id_,
            task_identifier=spec.identifier,
            payload={} if payload is None else decode_payload(payload),
            priority=spec.priority or 0,
            run_at=spec.run_at or now,
            attempts=0,
            max_attempts=spec.max_attempts or 25,
            last_error=None,
            created_at=now,
            updated_at=now,
            key=spec.job_key,
            locked_at=None,
            locked_by=None,
            revision=0,
            flags=frozenset(spec.flags) if spec.flags else None,
            queue_name=spec.queue_name,
            job_queue_id=self.queue_ids[spec.queue_name],
            task_id=self.task_ids[spec.identifier],
        )


def load_statement(
    prepared: Sequence[Prepared], *, preserve_run_at: bool, returning: bool, schema: str
) -> Statement[Loaded | None]:
    """Return the statement that adds jobs.

    Its answer is None where it has added nothing: a name is new, the schema is newer than what the
    statement knows, or somebody has triggers on the table.

    Args:
        prepared: the jobs.
        preserve_run_at: whether a job that has the key already, and was never begun, keeps its
            time.
        returning: whether the jobs are wanted, or their number and keys alone.
        schema: the worker schema.
    """
    specs = [each.spec for each in prepared]
    tasks, task_places = _numbered(specs, "identifier")
    queues, queue_places = _numbered(specs, "queue_name")
    keys = column(specs, "job_key")

    def decode(rows: Sequence[Row]) -> Loaded | None:
        for count, ids, taken, replaced, task_ids, queue_ids, now, _ in rows:
            return Loaded(
                count=count,
                ids=[] if ids is None else msgspec.json.decode(ids),
                keys=None if taken is None else msgspec.json.decode(taken),
                replaced=[] if replaced is None else list(map(read_row, replaced)),
                task_ids=dict(zip(tasks, msgspec.json.decode(task_ids), strict=True)),
                queue_ids={
                    None: None, **dict(zip(queues, msgspec.json.decode(queue_ids), strict=True))
                },
                now=msgspec.json.decode(now, type=datetime),
            )  # fmt: skip
        return None

    return Statement(
        name="load_jobs" if keys is None else "load_keyed_jobs", schema=schema,
        doing="adding jobs", decode=decode,
        values=(
            _json(tasks),
            _json(queues) if queues else None,
            schema,
            None if len(tasks) == 1 else _json(task_places),
            _json(queue_places) if queues else None,
            payload_column(prepared),
            column(specs, "run_at", datetime.isoformat),
            column(specs, "max_attempts"),
            column(specs, "priority"),
            column(specs, "flags"),
            returning,
            *(() if keys is None else (keys, preserve_run_at)),
        ),
    )  # fmt: skip


def payload_column(prepared: Iterable[Prepared]) -> str:
    """Return the payloads as a JSON array."""
    return f"[{','.join([each.payload or '{}' for each in prepared])}]"


def column(
    specs: Sequence[JobSpec], attribute: str, convert: Callable[[Any], Any] | None = None
) -> str | None:
    """Return an attribute of all specs as a JSON array; None where no spec has it.

    Arrays of PostgreSQL's would be written value by value: that took 6 microseconds a job.
    """
    values = list(map(attrgetter(attribute), specs))
    if values.count(None) == len(values):
        return None
    if convert is not None:
        values = [None if value is None else convert(value) for value in values]
    return _json(values)


def _numbered(specs: Sequence[JobSpec], attribute: str) -> tuple[list[str], list[int | None]]:
    """Return the names that specs have, once each, and each spec's number, counted from 1."""
    values = list(map(attrgetter(attribute), specs))
    names = [name for name in dict.fromkeys(values) if name is not None]
    numbers = {name: number for number, name in enumerate(names, 1)}
    return names, list(map(numbers.get, values))


def _json(values: object) -> str:
    return msgspec.json.encode(values).decode()
