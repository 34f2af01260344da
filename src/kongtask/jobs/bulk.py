"""Adding many jobs with one call, and telling which job became of which spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from kongtask.errors import JobError, JobKeyBusyError, JobSpecError
from kongtask.jobs.job import Job, read_row
from kongtask.jobs.loading import Loaded, load_statement, payload_column
from kongtask.jobs.matching import Added, matched
from kongtask.jobs.payloads import encode_payload
from kongtask.jobs.specs import JobSpec, Prepared
from kongtask.jobs.statements import Row, Statement, Steps, ask

#: From so many jobs on it is quicker to add them straight to the table than through the functions,
#: whose plans the server keeps.
MANY = 100

#: How often a call is repeated for keys that others were faster to take.
MAX_TRIES = 20

_DOING = "adding jobs"

#: Of a spec, by the names that they have in add_jobs.sql.
_ARGUMENTS = (
    "identifier", "queue_name", "run_at", "max_attempts", "job_key", "priority", "flags",
)  # fmt: skip
_arguments = attrgetter(*_ARGUMENTS)


def prepare(specs: Iterable[JobSpec]) -> list[Prepared]:
    """Encode the payloads of specs.

    Raises:
        JobSpecError: a payload is not JSON, a key is there twice, or a spec has a mode of its own.
    """
    prepared = []
    places: dict[str, int] = {}
    for place, spec in enumerate(specs):
        if not isinstance(spec, JobSpec):
            raise JobSpecError(f"specs[{place}] is no JobSpec: {type(spec).__qualname__}")
        if spec.job_key_mode is not None:
            raise JobSpecError(
                f"specs[{place}] has a job_key_mode, which add_job alone knows; for add_jobs, "
                "job_key_preserve_run_at says it of all specs"
            )
        if spec.job_key is not None and spec.job_key in places:
            raise JobSpecError(
                f"specs[{places[spec.job_key]}] and specs[{place}] have the same job_key "
                f"{spec.job_key!r}; one call can add only one job with a key"
            )
        if spec.job_key is not None:
            places[spec.job_key] = place
        try:
            payload = None if spec.payload is None else encode_payload(spec.payload)
        except JobSpecError as error:
            raise JobSpecError(f"specs[{place}]: {error}") from error
        prepared.append(Prepared(spec=spec, payload=payload))
    return prepared


def adding(specs: Sequence[Prepared], *, preserve_run_at: bool, schema: str) -> Steps[list[Job]]:
    """Add jobs, and return them in the order of their specs."""
    jobs: dict[int, Job] = {}
    loaded = yield from _load(specs, preserve_run_at, schema, returning=True)
    if loaded is not None:
        jobs = loaded.jobs(specs)
    left = {place: each for place, each in enumerate(specs) if place not in jobs}
    for _ in range(MAX_TRIES):
        if not left:
            return [jobs[place] for place in range(len(specs))]
        found = yield from ask(_adding_statement(list(left.values()), preserve_run_at, schema))
        added = yield from _named(found, [each.spec for each in left.values()], schema)
        jobs |= matched(added, left)
        left = {place: each for place, each in left.items() if place not in jobs}
        _expect_keys_only(left)
    raise _busy(left)


def counting(specs: Sequence[Prepared], *, preserve_run_at: bool, schema: str) -> Steps[int]:
    """Add jobs, and return how many there are."""
    count, left = 0, list(specs)
    loaded = yield from _load(specs, preserve_run_at, schema, returning=False)
    if loaded is not None:
        count = loaded.count
        left = _without_keys(specs, loaded.keys or ())
    for _ in range(MAX_TRIES):
        if not left:
            return count
        added = yield from ask(_adding_statement(left, preserve_run_at, schema))
        count += len(added)
        left = _without_keys(left, [each.row.key for each in added])
    raise _busy(dict(enumerate(left)))


def _load(
    specs: Sequence[Prepared], preserve_run_at: bool, schema: str, *, returning: bool
) -> Steps[Loaded | None]:
    if len(specs) < MANY:
        return None
    statement = load_statement(
        specs, preserve_run_at=preserve_run_at, returning=returning, schema=schema
    )
    return (yield from ask(statement))


def _without_keys(specs: Iterable[Prepared], keys: Iterable[str | None]) -> list[Prepared]:
    """Return the specs whose key has not come back; those without a key need not."""
    found = {None, *keys}
    return [each for each in specs if each.spec.job_key not in found]


def _adding_statement(
    specs: Sequence[Prepared], preserve_run_at: bool, schema: str
) -> Statement[list[Added]]:
    return Statement(
        name="add_jobs", schema=schema, doing=_DOING, decode=_decode_added,
        values=(
            payload_column(specs),
            msgspec.json.encode([_record(each.spec) for each in specs]).decode(),
            list({each.spec.identifier for each in specs}),
            list({each.spec.queue_name for each in specs if each.spec.queue_name is not None}),
            preserve_run_at,
        ),
    )  # fmt: skip


def _record(spec: JobSpec) -> Mapping[str, Any]:
    """Return what a spec says besides its payload; what is missing is null."""
    said = zip(_ARGUMENTS, _arguments(spec), strict=True)
    return {name: value for name, value in said if value is not None}


def _decode_added(rows: Sequence[Row]) -> list[Added]:
    ((jobs, tasks, queues),) = rows
    names, queue_names = _by_number(tasks), _by_number(queues)
    return [
        Added(
            row=row,
            task_identifier=names.get(row.task_id),
            queue_name=None if row.job_queue_id is None else queue_names.get(row.job_queue_id),
        )
        for row in map(read_row, jobs)
    ]


def _by_number(text: str) -> dict[int, str]:
    return msgspec.json.decode(text, type=dict[int, str])


def _named(added: Sequence[Added], specs: Sequence[JobSpec], schema: str) -> Steps[Sequence[Added]]:
    """Find the names of tasks and queues that the call has registered.

    One that is new needs no look: it is what the known ones leave over.
    """
    if not any(each.lacks_name() for each in added):
        return added
    known_tasks = {each.row.task_id: each.task_identifier for each in added}
    known_queues = {each.row.job_queue_id: each.queue_name for each in added}
    tasks = _deduced(known_tasks, {spec.identifier for spec in specs})
    queues = _deduced(known_queues, {spec.queue_name for spec in specs})
    if tasks is None or queues is None:
        statement = Statement(
            name="names", schema=schema, doing=_DOING, decode=_decode_names,
            values=([*known_tasks], [id_ for id_ in known_queues if id_ is not None]),
        )  # fmt: skip
        tasks, queues = yield from ask(statement)
    if tasks is known_tasks and queues is known_queues:
        return added
    return [
        replace(
            each,
            task_identifier=tasks.get(each.row.task_id),
            queue_name=queues.get(each.row.job_queue_id),
        )
        for each in added
    ]


def _deduced(
    known: Mapping[Any, str | None], wanted: Iterable[str | None]
) -> Mapping[Any, str | None] | None:
    """Return the names of all ids, or None where they do not follow from those that are known."""
    new_ids = [id_ for id_, name in known.items() if name is None and id_ is not None]
    if not new_ids:
        return known
    new_names = [name for name in wanted if name is not None and name not in known.values()]
    if len(new_ids) == len(new_names) == 1:
        return {**known, new_ids[0]: new_names[0]}
    return None


def _decode_names(
    rows: Sequence[Row],
) -> tuple[Mapping[Any, str | None], Mapping[Any, str | None]]:
    ((tasks, queues),) = rows
    return _by_number(tasks), _by_number(queues)


def _expect_keys_only(left: Mapping[int, Prepared]) -> None:
    for place, each in left.items():
        if each.spec.job_key is None:
            raise suppressed(f"specs[{place}]")


def suppressed(what: str) -> JobError:
    """Return the error for a job without a key that has not come into being."""
    return JobError(
        f"{what} was not added, and the database does not say why; does a trigger on the worker "
        "schema's table of jobs suppress it?"
    )


def _busy(left: Mapping[int, Prepared]) -> JobKeyBusyError:
    return busy(sorted(each.spec.job_key or "" for each in left.values()))


def busy(keys: Sequence[str]) -> JobKeyBusyError:
    """Return the error for keys that others were always faster to take."""
    shown = ", ".join(repr(key) for key in keys[:5]) + (", …" if len(keys) > 5 else "")
    return JobKeyBusyError(
        f"workers took the job with the key {shown} {MAX_TRIES} times while it was to be "
        "replaced; nothing was added for it: try again in a new transaction"
    )
