"""kongtask's side of a comparison."""

from __future__ import annotations

from msgspec.structs import replace

from kongtask.database.connection import Target, connect
from kongtask.migrate.engine import migrate
from kongtask.migrate.files import worker_migrations
from kongtask.names import WORKER_SCHEMA
from kongtask.schema import read
from kongtask.schema.model import Schema

Ledger = list[tuple[int, str, bool]]


def install(target: Target, revision: int | None = None, schema: str = WORKER_SCHEMA) -> None:
    """Install or upgrade the worker schema with kongtask."""
    migrate(target, worker_migrations(), schema, to=revision)


def read_model(target: Target, schema: str = WORKER_SCHEMA) -> Schema:
    """Read a schema as kongtask's exporter does, without the text of function bodies.

    The text is each side's own; everything else about a function is a contract.
    """
    with connect(target) as connection:
        model = read(connection, schema)
    routines = (replace(routine, body="") for routine in model.routines)
    return replace(model, routines=tuple(routines))


def read_ledger(target: Target) -> Ledger:
    """Read the ledger: number, time as text, breaking."""
    with connect(target) as connection:
        return connection.execute(
            "select id, ts::text, breaking from graphile_worker.migrations order by id"
        ).fetchall()
