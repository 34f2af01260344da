"""The statements about pools, with the names of both schemas in them."""

from __future__ import annotations

from functools import lru_cache

from kongtask.database.statements import load_statement
from kongtask.names import extension_schema_name, quote_identifier

#: Stands for the schema beside the worker schema.
EXTENSION_PLACEHOLDER = ":EXTENSION_SCHEMA"


@lru_cache(maxsize=64)
def statement(name: str, worker_schema: str) -> bytes:
    """Return the text of ``sql/NAME.sql`` for psycopg.

    Args:
        name: the file's name without its ending.
        worker_schema: the worker schema.
    """
    quoted = quote_identifier(extension_schema_name(worker_schema)).replace("%", "%%")
    before = load_statement("kongtask.worker.life", name, worker_schema)
    return before.replace(EXTENSION_PLACEHOLDER.encode(), quoted.encode())
