"""Pieces of SQL text that several kinds of objects share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kongtask.names import quote_identifier, quote_literal
from kongtask.schema.model import Constraint

INDENT = "    "

_BARE_VALUE = re.compile(r"[a-z][a-z0-9_]*\Z|\d+(?:\.\d+)?\Z")


def comment_on(target: str, comment: str | None) -> Sequence[str]:
    """Return the COMMENT statement, if there is a comment.

    Args:
        target: what stands after COMMENT ON: the kind and the quoted name.
        comment: the text, or None.
    """
    return () if comment is None else (comment_change(target, comment),)


def comment_change(target: str, comment: str | None) -> str:
    """Return the COMMENT statement that sets or removes a comment."""
    return f"COMMENT ON {target} IS {'NULL' if comment is None else quote_literal(comment)};"


def listed(items: Iterable[str]) -> str:
    """Return items in parentheses, one a line."""
    lines = f",\n{INDENT}".join(items)
    return f"(\n{INDENT}{lines}\n)" if lines else "(\n)"


def listed_options(options: Iterable[tuple[str, str | None]]) -> str:
    """Return ``KEY = value`` in parentheses, one a line; an option without a value is its key."""
    return listed(key if value is None else f"{key} = {value}" for key, value in options)


def storage_parameters(options: Iterable[str], prefix: str = "") -> list[str]:
    """Turn ``name=value`` items of reloptions into SQL.

    Args:
        options: as the catalog holds them.
        prefix: ``toast.`` for those of a TOAST table.
    """
    return [f"{prefix}{_parameter(option)}" for option in options]


def constraint_definition(constraint: Constraint) -> str:
    """Return a constraint as CREATE TABLE and ALTER TABLE take it."""
    options = ""
    if constraint.options:
        options = f" WITH ({', '.join(storage_parameters(constraint.options))})"
    name = quote_identifier(constraint.name)
    return f"CONSTRAINT {name} {constraint.definition}{options}{constraint.deferral}"


def with_search_path(path: Sequence[str], statement: str) -> Sequence[str]:
    """Return a statement that makes an index or a table, under the path that its functions expect.

    It looks into the bodies of SQL functions, even where there are no rows. From 17 on PostgreSQL
    makes indexes with a search_path of its own, whatever the session's is.
    """
    if not path:
        return (statement,)
    schemas = ", ".join(quote_identifier(schema) for schema in path)
    return (f"SET search_path = {schemas};", statement, "SET search_path = '';")


def _parameter(option: str) -> str:
    name, _, value = option.partition("=")
    quoted = ".".join(quote_identifier(part) for part in name.split("."))
    return f"{quoted}={value if _BARE_VALUE.match(value) else quote_literal(value)}"
