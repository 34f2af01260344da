"""SQL names: validating them and quoting them, the only place that does either."""

from __future__ import annotations

import hashlib
import itertools
import re
from functools import lru_cache

from kongtask.errors import UsageError

#: The schema that Graphile Worker and kongtask use unless told otherwise.
WORKER_SCHEMA = "graphile_worker"

#: The greatest revision of the worker schema that kongtask makes.
NEWEST_REVISION = 20

#: The schema of what kongtask adds beside that one.
EXTENSION_SCHEMA = "kongtask"

#: PostgreSQL cuts longer names silently (NAMEDATALEN - 1), so they are refused here.
MAX_NAME_BYTES = 63

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_$]*\Z")

# Every word that needs quotes in some supported version and place of a statement: the reserved and
# type-or-function words of PostgreSQL's keyword table, plus the column-name words, which
# quote_ident() of the server quotes too (only unreserved words stay bare).
_QUOTED_WORDS = frozenset(
    {
        "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric",
        "authorization", "between", "bigint", "binary", "bit", "boolean", "both", "case", "cast",
        "char", "character", "check", "coalesce", "collate", "collation", "column", "concurrently",
        "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
        "current_schema", "current_time", "current_timestamp", "current_user", "dec", "decimal",
        "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "exists",
        "extract", "false", "fetch", "float", "for", "foreign", "freeze", "from", "full", "grant",
        "graph_table", "greatest", "group", "grouping", "having", "ilike", "in", "initially",
        "inner", "inout", "int", "integer", "intersect", "interval", "into", "is", "isnull", "join",
        "json", "json_array", "json_arrayagg", "json_exists", "json_object", "json_objectagg",
        "json_query", "json_scalar", "json_serialize", "json_table", "json_value", "lateral",
        "leading", "least", "left", "like", "limit", "localtime", "localtimestamp", "merge_action",
        "national", "natural", "nchar", "none", "normalize", "not", "notnull", "null", "nullif",
        "numeric", "offset", "on", "only", "or", "order", "out", "outer", "overlaps", "overlay",
        "placing", "position", "precision", "primary", "real", "references", "returning", "right",
        "row", "select", "session_user", "setof", "similar", "smallint", "some", "substring",
        "symmetric", "system_user", "table", "tablesample", "then", "time", "timestamp", "to",
        "trailing", "treat", "trim", "true", "union", "unique", "user", "using", "values",
        "varchar", "variadic", "verbose", "when", "where", "window", "with", "xmlattributes",
        "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi",
        "xmlroot", "xmlserialize", "xmltable",
    }
)  # fmt: skip


@lru_cache(maxsize=65536)
def quote_identifier(name: str) -> str:
    """Quote an SQL identifier, with quotes only where some supported server needs them.

    Args:
        name: the identifier as the catalog holds it.

    Returns:
        The text to put into a statement. It is the same on every server version.
    """
    if _PLAIN_NAME.match(name) and name not in _QUOTED_WORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualify(schema: str, name: str) -> str:
    """Quote a name and the schema that it lives in: ``schema.name``."""
    return f"{quote_identifier(schema)}.{quote_identifier(name)}"


def quote_literal(text: str) -> str:
    """Quote a string as an SQL literal, for servers with standard_conforming_strings on."""
    return "'" + text.replace("'", "''") + "'"


def dollar_quote(text: str) -> str:
    """Quote a text between dollar signs, with the first tag that the text cannot end.

    Args:
        text: what to quote; taken as it is, line endings included.
    """
    if "$$" not in text and not text.endswith("$"):
        return f"$${text}$$"
    for tag in itertools.chain(["$body"], (f"$body{n}" for n in itertools.count(1))):
        if tag not in text:
            return f"{tag}${text}{tag}$"
    raise AssertionError("itertools.count() does not end")


def default_relation_name(table: str, column: str | None, label: str) -> str:
    """Return the name that PostgreSQL gives to an index or sequence that nobody named.

    Rule: makeObjectName() in PostgreSQL's indexcmds.c. The parts are joined with underscores; where
    that is longer than 63 bytes, the longer of the first two is cut, byte by byte, to whole
    characters. A number that avoids a clash is not part of it.

    Args:
        table: the table's name.
        column: the columns' names joined with underscores, or None.
        label: ``seq``, ``idx``, ``pkey``, ``key``, ``excl``.
    """
    first, second = table.encode(), (column or "").encode()
    room = MAX_NAME_BYTES - len(label) - 1 - (1 if column is not None else 0)
    keep_first, keep_second = len(first), len(second)
    while keep_first + keep_second > room:
        if keep_first > keep_second:
            keep_first -= 1
        else:
            keep_second -= 1
    parts = [first[:keep_first].decode(errors="ignore")]
    if column is not None:
        parts.append(second[:keep_second].decode(errors="ignore"))
    return "_".join([*parts, label])


def check_schema_name(name: str) -> str:
    """Return the name if it can name a schema.

    Raises:
        UsageError: the name is empty, too long, holds a NUL, or is reserved by PostgreSQL.
    """
    if not name:
        raise UsageError("the schema name is empty; give one, for instance -schema graphile_worker")
    if "\0" in name:
        raise UsageError("a schema name cannot hold a NUL character")
    try:
        size = len(name.encode())
    except UnicodeEncodeError as error:
        raise UsageError(f"the schema name {name!r} is no valid UTF-8") from error
    if size > MAX_NAME_BYTES:
        raise UsageError(
            f"the schema name {name!r} has {size} bytes; PostgreSQL keeps {MAX_NAME_BYTES}"
        )
    return name


def extension_schema_name(worker_schema: str) -> str:
    """Return the name of the schema that holds what kongtask adds beside a worker schema.

    Each worker schema has its own: ``kongtask`` for the usual one, else ``kongtask_`` and the name
    of the worker schema, which is cut and followed by a sum of it where all is too long.
    """
    if worker_schema == WORKER_SCHEMA:
        return EXTENSION_SCHEMA
    name = f"{EXTENSION_SCHEMA}_{worker_schema}"
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.sha256(worker_schema.encode()).hexdigest()[:8]
    kept = name.encode()[: MAX_NAME_BYTES - len(digest) - 1].decode(errors="ignore")
    return f"{kept}_{digest}"
