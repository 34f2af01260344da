"""Asking workers that run: to cancel jobs, and how many to run at once.

It takes the schema beside the worker schema, and workers that look there: those of kongtask that
run until they are stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from kongtask.errors import JobSpecError
from kongtask.jobs.administration import job_ids
from kongtask.jobs.operations import Operation
from kongtask.jobs.specs import check_number
from kongtask.jobs.statements import Row, Statement, Steps, ask
from kongtask.names import WORKER_SCHEMA

#: ``cancelled``: the job waited, and has failed for good. ``requested``: a worker has it, and is
#: asked to end it.
Cancellation = Literal["cancelled", "requested"]


@Operation
def cancel_jobs(
    ids: Iterable[int], reason: str | None = None, *, schema: str = WORKER_SCHEMA
) -> Steps[dict[int, Cancellation]]:
    """Cancel jobs, also those that run: they stay as failed, and are not tried again.

    Args:
        ids: their numbers.
        reason: what to note in their last error, behind ``Cancelled``.
        schema: the worker schema.

    Returns:
        What became of each; a job that is not there, or has failed for good, is left out.
    """
    if reason is not None and "\0" in reason:
        raise JobSpecError("the reason holds a NUL character, which PostgreSQL does not keep")
    return ask(
        Statement(
            name="cancel_jobs", schema=schema, doing="cancelling jobs",
            values=(job_ids(ids), reason), decode=_decode_cancellations,
        )
    )  # fmt: skip


@Operation
def set_concurrency(pool_id: str, concurrency: int, *, schema: str = WORKER_SCHEMA) -> Steps[bool]:
    """Ask a pool to run so many jobs at once; those that it runs are left to end.

    Args:
        pool_id: the pool's.
        concurrency: how many, 1 or more.
        schema: the worker schema.

    Returns:
        Whether there is such a pool.
    """
    check_number("concurrency", concurrency, smallest=1)
    return ask(
        Statement(
            name="set_concurrency", schema=schema, doing="setting a pool's concurrency",
            values=(pool_id, concurrency), decode=lambda rows: bool(rows[0][0]),
        )
    )  # fmt: skip


def _decode_cancellations(rows: Sequence[Row]) -> dict[int, Cancellation]:
    return {id_: outcome for id_, outcome in rows if outcome is not None}
