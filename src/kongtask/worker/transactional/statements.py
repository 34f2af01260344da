"""What is said in a task's transaction, with any driver, and what is asked about it afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from kongtask.jobs.operations import Operation
from kongtask.jobs.statements import Row, Statement, Steps, Style, ask
from kongtask.worker.claimed import ClaimedJob

_FOLDER = Path(__file__).with_name("sql")


class End(NamedTuple):
    """What ending a job came to.

    Attributes:
        is_same: whether it was tried in the transaction that the task began in.
        xid: the number of that transaction, where the job was still the pool's.
    """

    is_same: bool
    xid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Naming(Statement[None]):
    """A statement whose value cannot be bound; letters, digits, blanks and hyphens are harmless."""

    value: str

    def text(self, style: Style = Style.DOLLAR) -> str:
        assert self.value.replace(" ", "").replace("-", "").isalnum()
        return Statement.text(self, style).replace(":NAME", f"'{self.value}'")


@Operation
def name_transaction(name: str) -> Steps[None]:
    """Give a transaction a name until it ends."""
    return ask(
        _Naming(
            name="name", folder=_FOLDER, doing="beginning a task's transaction", value=name,
            has_rows=False, decode=_nothing,
        )
    )  # fmt: skip


@Operation
def end_job(
    job_id: int, claims: Iterable[datetime], pool_id: str, name: str, *, schema: str
) -> Steps[End]:
    """End a job in the transaction of that name, if it is the pool's by one of these moments."""
    return ask(
        Statement(
            name="end_job", folder=_FOLDER, schema=schema, doing=f"ending job {job_id}",
            values=(job_id, pool_id, [claim.isoformat() for claim in claims], name), decode=_end,
        )
    )  # fmt: skip


def transaction_name(job: ClaimedJob, pool_id: str) -> str:
    """Return the name of a job's transaction; PostgreSQL keeps 63 characters."""
    return f"kongtask job {job.id} {pool_id}"


def _nothing(_rows: Sequence[Row]) -> None:
    return None


def _end(rows: Sequence[Row]) -> End:
    (row,) = rows
    is_same, xid = row
    return End(is_same, xid)
