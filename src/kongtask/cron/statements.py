"""What a scheduler says to the database: one statement to register, one for each minute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from typing import Any

import psycopg
from psycopg.rows import class_row, tuple_row

from kongtask.cron.backfill import KnownCrontab
from kongtask.cron.items import CronItem, payload_text
from kongtask.names import quote_identifier

AsyncConnection = psycopg.AsyncConnection[Any]

#: Gives a connection in autocommit mode for as long as it is needed.
Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


class KeyIsBusyError(Exception):
    """A job key's job was locked at the very moment when it was to be replaced.

    Graphile Worker's own add_job then returns a row of nulls and has added nothing.
    """


async def register(
    connection: AsyncConnection, schema: str, items: Sequence[CronItem], start: datetime
) -> list[KnownCrontab]:
    """Make schedules known, and return those that were known before."""
    identifiers = [item.identifier for item in items]
    async with connection.cursor(row_factory=class_row(KnownCrontab)) as cursor:
        values = {"identifiers": identifiers, "start": start}
        await cursor.execute(_statement("register", schema), values)
        return await cursor.fetchall()


async def schedule(
    connection: AsyncConnection,
    schema: str,
    items: Sequence[CronItem],
    minute: datetime,
    *,
    backfilled: bool,
) -> dict[str, int]:
    """Add the jobs of one minute.

    Args:
        connection: in autocommit mode.
        schema: the worker schema.
        items: the items that are due, in order.
        minute: the minute, in UTC.
        backfilled: what the jobs' payload says of it.

    Returns:
        The ids of the jobs that were added, by their items' identifiers.

    Raises:
        KeyIsBusyError: a job could not be added; none was.
    """
    values = {
        "minute": minute,
        "identifiers": [item.identifier for item in items],
        "task_identifiers": [item.task_identifier for item in items],
        "payloads": [_payload(item, minute, backfilled=backfilled) for item in items],
        "queue_names": [item.queue_name for item in items],
        "max_attempts": [item.max_attempts for item in items],
        "job_keys": [item.job_key for item in items],
        "job_key_modes": [item.job_key_mode for item in items],
        "priorities": [item.priority for item in items],
    }
    # In a transaction, so that a job that was not added takes its schedule's mark back with it.
    async with (
        connection.transaction(),
        connection.cursor(row_factory=tuple_row) as cursor,
    ):
        await cursor.execute(_statement("schedule", schema), values)
        job_ids: dict[str, Any] = dict(await cursor.fetchall())
        busy = [item.job_key for item in items if job_ids.get(item.identifier, 0) is None]
        if busy:
            raise KeyIsBusyError(
                f"the job with the key {busy[0]!r} was locked whenever it was to be replaced"
            )
    return job_ids


def _payload(item: CronItem, minute: datetime, *, backfilled: bool) -> str:
    """Return a job's payload as JSON; what cron says goes over what the item says."""
    ts = minute.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return payload_text({**(item.payload or {}), "_cron": {"ts": ts, "backfilled": backfilled}})


@lru_cache
def _statement(name: str, schema: str) -> bytes:
    """Read a statement and put the schema's name in; a percent sign in it is the driver's."""
    text = resources.files("kongtask.cron").joinpath(f"sql/{name}.sql").read_text("utf-8")
    quoted = quote_identifier(schema).replace("%", "%%")
    return text.replace(":GRAPHILE_WORKER_SCHEMA", quoted).encode()
