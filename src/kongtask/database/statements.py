"""Statements in ``.sql`` files: read once, with the schema's quoted name put in."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

from kongtask.names import extension_schema_name, quote_identifier

PLACEHOLDER = ":GRAPHILE_WORKER_SCHEMA"

#: Stands for the schema beside the worker schema.
EXTENSION_PLACEHOLDER = ":EXTENSION_SCHEMA"


@lru_cache(maxsize=256)
def load_statement(package: str, name: str, schema: str) -> bytes:
    """Return the text of ``sql/NAME.sql`` of a package, for psycopg: values are ``%(name)s``.

    Args:
        package: the package whose folder ``sql`` holds the file.
        name: the file's name without its ending.
        schema: the worker schema's name; a percent sign in it is doubled for psycopg.
    """
    text = (resources.files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
    names = {
        placeholder: quote_identifier(name).replace("%", "%%")
        for placeholder, name in (
            (PLACEHOLDER, schema),
            (EXTENSION_PLACEHOLDER, extension_schema_name(schema)),
        )
    }
    # At once, so that a name with a placeholder in it stays as it is.
    statement = re.sub("|".join(names), lambda found: names[found[0]], "\n".join(lines))
    return statement.encode()
