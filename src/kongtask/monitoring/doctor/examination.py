"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import psycopg

from kongtask.database.connection import Connection, failure
from kongtask.errors import (
    ConnectionFailedError,
    DatabaseFailedError,
    KongtaskError,
    SchemaNotFoundError,
    UsageError,
)
from kongtask.monitoring.bounded import bounded
from kongtask.monitoring.doctor.diagnosis import Diagnosis, Thresholds
from kongtask.monitoring.doctor.jobs import (
    examine_failed,
    examine_oldest,
    examine_pauses,
    examine_queues,
    examine_waiting,
)
from kongtask.monitoring.doctor.look import Look
from kongtask.monitoring.doctor.owners import examine_owners, examine_pools
from kongtask.monitoring.doctor.rights import examine_rights
from kongtask.monitoring.doctor.schemas import examine_extension_schema, examine_worker_schema
from kongtask.monitoring.doctor.server import (
    examine_clocks,
    examine_connections,
    examine_pooler,
    examine_sequences,
    examine_transactions,
)
from kongtask.monitoring.doctor.tables import examine_bloat, examine_vacuum
from kongtask.monitoring.pools import find_pools
from kongtask.monitoring.statistics import read_statistics
from kongtask.names import WORKER_SCHEMA
from kongtask.rules import Level

Check = Callable[[Look], Iterator[Diagnosis]]


def _read_jobs(look: Look) -> Iterator[Diagnosis]:
    try:
        look.statistics = read_statistics(look.connection, schema=look.schema)
    except UsageError as error:
        yield Diagnosis.of("jobs-hidden", str(error), subject=f"role {look.role}")


def _read_pools(look: Look) -> Iterator[Diagnosis]:
    try:
        look.pools = find_pools(look.connection, schema=look.schema)
    except SchemaNotFoundError:
        return  # the check of that schema tells of it
    except (UsageError, DatabaseFailedError) as error:
        yield Diagnosis.of("not-examined", f"pools could not be examined: {error}")


#: What there is to examine in any database, and in one that has a queue; each with its name.
_OF_THE_SERVER: tuple[tuple[str, Check], ...] = (
    ("connections", examine_connections),
    ("open transactions", examine_transactions),
)
_OF_QUEUES: tuple[tuple[str, Check], ...] = (
    ("rights", examine_rights),
    ("sequences", examine_sequences),
    ("dead rows", examine_vacuum),
    ("jobs", _read_jobs),
    ("pools", _read_pools),
    ("the size of tables", examine_bloat),
    ("pools", examine_pools),
    ("queues", examine_queues),
    ("waiting jobs", examine_waiting),
    ("the oldest job", examine_oldest),
    ("locks", examine_owners),
    ("failed jobs", examine_failed),
)

#: What has to be asked outside a transaction.
_OUTSIDE: tuple[tuple[str, Check], ...] = (("clocks", examine_clocks), ("poolers", examine_pooler))


def examine(
    connection: Connection,
    *,
    schema: str = WORKER_SCHEMA,
    role: str | None = None,
    timeout: float = 10.0,
    thresholds: Thresholds | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Diagnosis]:
    """Return what is wrong with a queue, the worst first.

    Nothing is changed. What cannot be examined, since the role may not or it would take too long,
    is a diagnosis too, and hinders nothing else.

    Args:
        connection: in autocommit mode.
        schema: the worker schema.
        role: the role that workers connect as; None stands for the connection's own.
        timeout: seconds that the server may take for one statement.
        thresholds: from when on something counts.
        clock: tells the time of this machine.

    Raises:
        UsageError: there is no such role.
        ConnectionFailedError: the connection was lost.
    """
    with bounded(connection, timeout):
        row = connection.execute(
            "select current_user::text, pg_catalog.pg_is_in_recovery(), %(role)s::text is null or "
            "exists (select from pg_catalog.pg_roles where rolname = %(role)s)",
            {"role": role},
        ).fetchone()
    assert row is not None
    current, is_standby, is_known = row
    if not is_known:
        raise UsageError(f'there is no role "{role}" on this server')
    look = Look(
        connection=connection, schema=schema, role=role or current, is_standby=is_standby,
        thresholds=thresholds or Thresholds(), clock=clock,
    )  # fmt: skip
    found = _run("the worker schema", examine_worker_schema, look, timeout)
    if not _has(found, "worker-schema-missing"):
        found += _run("the schema beside it", examine_extension_schema, look, timeout)
        if not _has(found, "extension-schema-missing", "extension-schema-behind"):
            found += _run("pauses", examine_pauses, look, timeout)
        for about, check in _OF_QUEUES:
            found += _run(about, check, look, timeout)
    for about, check in _OF_THE_SERVER:
        found += _run(about, check, look, timeout)
    for about, check in _OUTSIDE:
        found += _run(about, check, look, None)
    levels = list(Level)
    return sorted(found, key=lambda diagnosis: levels.index(diagnosis.level))


def _has(found: list[Diagnosis], *rules: str) -> bool:
    return any(diagnosis.rule in rules for diagnosis in found)


def _run(about: str, check: Check, look: Look, timeout: float | None) -> list[Diagnosis]:
    """Return what a check finds; that it failed is a diagnosis too."""
    try:
        if timeout is None:
            return list(check(look))
        with bounded(look.connection, timeout):
            return list(check(look))
    except psycopg.Error as error:
        ours = failure(error, f"examining {about}")
    except KongtaskError as error:
        ours = error
    if isinstance(ours, ConnectionFailedError) and look.connection.closed:
        raise ours
    return [Diagnosis.of("not-examined", f"{about} could not be examined: {ours}")]
