"""The statements about pools, with the names of both schemas in them."""

from __future__ import annotations

from kongtask.database.statements import load_statement


def statement(name: str, worker_schema: str) -> bytes:
    """Return the text of ``sql/NAME.sql`` for psycopg.

    Args:
        name: the file's name without its ending.
        worker_schema: the worker schema.
    """
    return load_statement("kongtask.worker.life", name, worker_schema)
