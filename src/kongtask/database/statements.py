"""Statements in ``.sql`` files: read once, with the schema's quoted name put in."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from kongtask.names import quote_identifier

PLACEHOLDER = ":GRAPHILE_WORKER_SCHEMA"


@lru_cache(maxsize=256)
def load_statement(package: str, name: str, schema: str) -> bytes:
    """Return the text of ``sql/NAME.sql`` of a package, for psycopg: values are ``%(name)s``.

    Args:
        package: the package whose folder ``sql`` holds the file.
        name: the file's name without its ending.
        schema: the schema's name; a percent sign in it is doubled for psycopg.
    """
    text = (resources.files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
    quoted = quote_identifier(schema).replace("%", "%%")
    return "\n".join(lines).replace(PLACEHOLDER, quoted).encode()
