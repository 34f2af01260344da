"""Running a set's migrations one by one in a scratch database; the schema after each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from kongtask.database.connection import Target, connect
from kongtask.database.embedded import EMBEDDED_MAJOR, embedded_server
from kongtask.database.scratch import may_create_databases, scratch_database
from kongtask.migrate import MigrationSet, migrate
from kongtask.revisions.cache import Cache
from kongtask.schema import read_database
from kongtask.schema.history import Revision
from kongtask.schema.model import Database

#: Takes how many migrations have been replayed, and of how many.
Report = Callable[[int, int], None]


def replay(
    migrations: MigrationSet,
    schema: str,
    *,
    server: Target | None = None,
    cache: Cache | None = None,
    report: Report | None = None,
) -> tuple[Revision, ...]:
    """Return what each migration of a set makes of a schema.

    What the cache knows is not run again: a set whose files have not changed needs no server at
    all, and one with a new file runs once from the beginning to its end.

    Args:
        migrations: the set.
        schema: the schema's name.
        server: a database of the server to prefer, because its extensions are there. The embedded
            server serves where it is None, or its role may not create databases.
        cache: what earlier replays have found; None forgets.
        report: told how far it is.

    Returns:
        A revision for each file, in their order.

    Raises:
        MigrationFailedError: a statement failed.
        KongtaskError: there is no server, or the schema cannot be read.
    """
    with ExitStack() as stack:
        version, usable = printing_server(server)
        keys = cache.keys(migrations, schema, version) if cache else ()
        known = [cache.get(key) for key in keys] if cache else []
        if known and all(known):
            return tuple(_revisions(migrations, [item for item in known if item is not None]))
        scratch = stack.enter_context(_scratch(server if usable else None))
        connection = stack.enter_context(connect(scratch))
        found, total = list[Database](), len(migrations.migrations)
        for number, migration in enumerate(migrations.migrations):
            if report is not None:
                report(number, total)
            migrate(scratch, migrations, schema, to=migration.number)
            database = known[number] if number < len(known) else None
            if database is None:
                database = read_database(connection, [schema])
                if cache is not None:
                    cache.put(keys[number], database)
            found.append(database)
    return tuple(_revisions(migrations, found))


def _revisions(migrations: MigrationSet, found: list[Database]) -> Iterator[Revision]:
    for migration, database in zip(migrations.migrations, found, strict=True):
        yield Revision(number=migration.number, name=migration.name, database=database)


def printing_server(server: Target | None) -> tuple[int, bool]:
    """Return the major version of the server that serves a replay, and whether it is the given one.

    Args:
        server: as :func:`replay` takes it.
    """
    if server is None:
        return EMBEDDED_MAJOR, False
    with connect(server) as connection:
        if may_create_databases(connection):
            return connection.info.server_version // 10000, True
    return EMBEDDED_MAJOR, False


@contextmanager
def _scratch(server: Target | None) -> Iterator[Target]:
    with ExitStack() as stack:
        if server is None:
            server = stack.enter_context(embedded_server()).target()
        yield stack.enter_context(scratch_database(server))
