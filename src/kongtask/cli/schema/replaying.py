"""A schema's history for a command: which migrations, on which server, with a line that moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kongtask.cli.bar import Bar
from kongtask.cli.revisions import migration_set
from kongtask.database.connection import find_target
from kongtask.errors import UsageError
from kongtask.revisions import Cache, replay
from kongtask.schema.history import History, Revision, make_history

if TYPE_CHECKING:
    from kongtask.database.connection import Target
    from kongtask.settings import Settings


def replayed(
    settings: Settings, schema: str, conn: str | None = None, *, cached: bool = True
) -> History:
    """Return what the migrations of a schema have made, one by one.

    Args:
        settings: the project's settings.
        schema: the schema's name.
        conn: the value of ``-conn``: a database of the server to run them on, in a scratch
            database. With none named, the embedded server serves.
        cached: whether what earlier replays have found is taken over.
    """
    return replayed_on(find_target(conn, settings), settings, schema, cached=cached)


def replayed_on(
    server: Target | None, settings: Settings, schema: str, *, cached: bool = True
) -> History:
    """Return what the migrations of a schema have made, one by one.

    Args:
        server: a database of the server to run them on; the embedded server serves if None.
        settings: the project's settings.
        schema: the schema's name.
        cached: whether what earlier replays have found is taken over.
    """
    migrations = migration_set(settings, schema)
    with Bar().during(f"replaying {migrations.origin}") as progress:
        revisions = replay(
            migrations,
            schema,
            server=server,
            cache=Cache() if cached else None,
            report=progress,
        )
    return make_history(revisions)


def revision_at(history: History, number: int | None) -> Revision:
    """Return a revision of a history, the latest if no number is given.

    Raises:
        UsageError: there is no migration of that number.
    """
    if number is None:
        return history.latest
    try:
        return history.at(number)
    except KeyError:
        first, last = history.revisions[0].number, history.latest.number
        raise UsageError(
            f"there is no migration {number:06}.sql; there are {first:06} to {last:06}"
        ) from None
