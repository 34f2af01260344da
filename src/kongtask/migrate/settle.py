"""Waiting until nobody else is bringing an old worker's schema up."""

from __future__ import annotations

import time
from collections.abc import Callable

from kongtask.database.connection import Connection
from kongtask.migrate.files import MigrationSet
from kongtask.migrate.ledger import Ledger, read_ledger
from kongtask.migrate.plan import is_too_old

#: How long a schema older than its set must be still before it counts as left, in seconds.
_STILL = 3.0

_PAUSE = 0.2

#: A session that has written to the ledger keeps one of these until its transaction ends.
_WRITERS = """
select exists (
  select from pg_catalog.pg_locks l
  join pg_catalog.pg_class c on c.oid = l.relation
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where l.database = (
      select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()
    )
    and n.nspname = %s
    and c.relname = 'migrations'
    and l.pid <> pg_catalog.pg_backend_pid()
    and l.mode in (
      'RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'
    )
)
"""


def settled_ledger(
    connection: Connection, migrations: MigrationSet, schema: str, waiting: Callable[[str], None]
) -> Ledger:
    """Read the ledger; while a Node installer moves through revisions older than ours, wait.

    Args:
        connection: the database.
        migrations: the set.
        schema: the schema.
        waiting: called once with a sentence before a wait.

    Returns:
        The ledger, which is too old only if nobody has written to it for some seconds.
    """
    seen, still_since = -1, 0.0
    while True:
        ledger = read_ledger(connection, schema)
        may_be_moving = migrations.is_worker and not ledger.has_sums
        if not may_be_moving or not is_too_old(migrations, ledger):
            return ledger
        if seen < 0:
            waiting(
                f"the schema {schema} is at revision {ledger.revision}; "
                "looking whether another installer is bringing it up"
            )
        if ledger.revision != seen or _is_being_written(connection, schema):
            seen, still_since = ledger.revision, time.monotonic()
        elif time.monotonic() - still_since > _STILL:
            return ledger
        time.sleep(_PAUSE)


def _is_being_written(connection: Connection, schema: str) -> bool:
    row = connection.execute(_WRITERS, [schema]).fetchone()
    return bool(row and row[0])
