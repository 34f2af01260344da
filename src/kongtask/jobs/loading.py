"""Adding many jobs without keys for a caller who does not need them back: one statement, no row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from kongtask.jobs.specs import JobSpec
from kongtask.jobs.statements import Row, Statement


def load_statement(
    specs: Sequence[JobSpec], payloads: Sequence[str | None], schema: str
) -> Statement[int | None]:
    """Return the statement that adds jobs; its answer is their number.

    The answer is None where the schema is newer than what the statement knows: nothing is added.

    Args:
        specs: the jobs, without keys.
        payloads: of each, as JSON.
        schema: the worker schema.
    """
    return Statement(
        name="load_jobs", schema=schema, doing="adding jobs", decode=_decode,
        values=(
            _column(specs, lambda spec: spec.identifier),
            f"[{','.join(payload or '{}' for payload in payloads)}]",
            _column(specs, lambda spec: spec.queue_name),
            _column(specs, lambda spec: spec.run_at and spec.run_at.isoformat()),
            _column(specs, lambda spec: spec.max_attempts),
            _column(specs, lambda spec: spec.priority),
            _column(specs, lambda spec: list(spec.flags) if spec.flags else None),
        ),
    )  # fmt: skip


def _column(specs: Sequence[JobSpec], attribute: Callable[[JobSpec], Any]) -> str | None:
    """Return an attribute of all specs as a JSON array; None where no spec has it."""
    values = [attribute(spec) for spec in specs]
    if all(value is None for value in values):
        return None
    return msgspec.json.encode(values).decode()


def _decode(rows: Sequence[Row]) -> int | None:
    for count, _ in rows:
        return int(count)
    return None
