"""The pools of workers that are registered, and which of them live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct, structs

from kongtask.database.locks import pools_namespace
from kongtask.errors import SchemaNotFoundError, UsageError
from kongtask.jobs.operations import Operation
from kongtask.jobs.statements import Row, Statement, Steps
from kongtask.monitoring.table import SQL
from kongtask.names import WORKER_SCHEMA, extension_schema_name

PoolState = Literal["alive", "late", "dead", "recovered"]


class Pool(Struct, frozen=True, kw_only=True):
    """A pool of workers that has registered.

    Attributes:
        pool_id: its id: what its jobs are locked by.
        state: ``alive``; ``late``, not heard of for some time, though it still has its lock, or
            nobody can tell since this is a standby; ``dead``, and others will free its jobs;
            ``recovered``, its jobs were freed and its row will be gone in a minute.
        mode: how it proves its life: ``lock``, or ``heartbeat`` behind a pooler.
        host: where it runs.
        process_id: its process there.
        version: its version of kongtask.
        tasks: the identifiers of its tasks.
        concurrency: how many jobs it runs at once.
        wanted_concurrency: how many it was told to run at once, or None.
        started_at: when it registered.
        last_seen_at: when it was heard of last.
        recovered_at: when its jobs were freed, or None.
    """

    pool_id: str
    state: PoolState = "alive"
    mode: str
    host: str
    process_id: int
    version: str
    tasks: list[str]
    concurrency: int
    wanted_concurrency: int | None = None
    started_at: datetime
    last_seen_at: datetime
    recovered_at: datetime | None = None


# Columns that a newer version has added are passed over, and those that an older one lacks have
# their defaults.
_POOL = msgspec.json.Decoder(Pool)


@Operation
def find_pools(*, schema: str = WORKER_SCHEMA) -> Steps[list[Pool]]:
    """Return the pools that are registered, the oldest first.

    Workers of Node, and those that run once or without the schema ``kongtask``, do not register.

    Args:
        schema: the worker schema.

    Raises:
        SchemaNotFoundError: the schema that pools register in is not there.
        UsageError: the role may not read it.
    """
    extension = extension_schema_name(schema)
    may_read, role = yield Statement(
        name="find_pools_table", schema=schema, folder=SQL, doing="looking for pools",
        decode=lambda rows: rows[0] if rows else (None, None), values=(extension,),
    )  # fmt: skip
    if may_read is None:
        raise SchemaNotFoundError(
            f'no pool can register: the schema "{extension}" is not in this database; '
            "`kongtask migrate` makes it"
        )
    if not may_read:
        raise UsageError(
            f'the role "{role}" may not see the pools: grant usage on schema "{extension}" and '
            "select on all tables in it"
        )
    pools: list[Pool] = yield Statement(
        name="find_pools", schema=schema, folder=SQL, doing="looking for pools", decode=_decode,
        values=(pools_namespace(schema),),
    )  # fmt: skip
    return pools


def _decode(rows: Sequence[Row]) -> list[Pool]:
    return [structs.replace(_POOL.decode(row), state=state) for row, state in rows]
