"""The table of jobs, as it is seen by the role that looks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from kongtask.errors import SchemaNotFoundError, UsageError
from kongtask.jobs.statements import Row, Statement, Steps, ask

#: The statements of this room.
SQL = Path(__file__).with_name("sql")


class Table(Struct, frozen=True, kw_only=True):
    """The table of jobs.

    Attributes:
        role: who looks.
        may_read: whether it may read the table.
        is_hidden: whether row-level security hides rows of it from the role.
        blocks: its size.
        block_bytes: the size of a block.
    """

    role: str
    may_read: bool
    is_hidden: bool
    blocks: int
    block_bytes: int


def look_for_table(schema: str) -> Steps[Table | None]:
    """Look at the table of jobs; None where there is none."""
    return ask(
        Statement(
            name="find_table", schema=schema, folder=SQL, doing="looking for the worker schema",
            decode=_decode, values=(schema,),
        )
    )  # fmt: skip


def find_table(schema: str) -> Steps[Table]:
    """Return the table of jobs, if it is there and shows its rows.

    Raises:
        SchemaNotFoundError: there is no such worker schema.
        UsageError: the role cannot see the jobs.
    """
    table = yield from look_for_table(schema)
    if table is None:
        raise SchemaNotFoundError(
            f'there is no worker schema "{schema}" in this database: `kongtask migrate` installs '
            "it; if it has another name, give that, with -schema or in Python with schema=…"
        )
    if not table.may_read:
        raise UsageError(
            f'the role "{table.role}" may not read the jobs: grant usage on schema "{schema}" and '
            "select on all tables in it"
        )
    if table.is_hidden:
        raise UsageError(
            f'row-level security hides the jobs from the role "{table.role}", so the queue would '
            "seem to be empty: use the owner of the tables or a role that is a member of it, or "
            f'alter role "{table.role}" bypassrls'
        )
    return table


def _decode(rows: Sequence[Row]) -> Table | None:
    for may_read, is_hidden, size, block_bytes, role in rows:
        return Table(
            role=role, may_read=may_read, is_hidden=is_hidden, blocks=size // block_bytes,
            block_bytes=block_bytes,
        )  # fmt: skip
    return None
