"""Indexes that CREATE INDEX CONCURRENTLY has made, or has left half made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kongtask.database.connection import Connection
from kongtask.migrate.sql_text import Statement
from kongtask.names import qualify


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrentIndex:
    """What a CREATE INDEX CONCURRENTLY says.

    Attributes:
        name: the index's name.
        table: its table as written, perhaps with a schema.
    """

    name: str
    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIndex:
    """An index that exists.

    Attributes:
        name: its qualified, quoted name.
        is_valid: False if its making was broken off.
    """

    name: str
    is_valid: bool


def parse_concurrent_index(statement: Statement) -> ConcurrentIndex | None:
    """Read a CREATE INDEX CONCURRENTLY; None for other statements, or one that names no index."""
    words = _words(statement)
    _skip(words, "CREATE")
    text = next(words, "")
    if text.upper() == "UNIQUE":
        text = next(words, "")
    if text.upper() != "INDEX" or next(words, "").upper() != "CONCURRENTLY":
        return None
    name = next(words, "")
    if name.upper() == "IF":
        _skip(words, "NOT", "EXISTS")
        name = next(words, "")
    if name.upper() == "ON" or next(words, "").upper() != "ON":
        return None
    return ConcurrentIndex(name=_unquote(name), table=_table(words))


def find_index(connection: Connection, index: ConcurrentIndex) -> FoundIndex | None:
    """Look for an index of that name on that table."""
    row = connection.execute(
        "select n.nspname, c.relname, i.indisvalid from pg_catalog.pg_index i "
        "join pg_catalog.pg_class c on c.oid = i.indexrelid "
        "join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
        "where i.indrelid = pg_catalog.to_regclass(%s) and c.relname = %s",
        [index.table, index.name],
    ).fetchone()
    return FoundIndex(name=qualify(row[0], row[1]), is_valid=row[2]) if row else None


def _words(statement: Statement) -> Iterator[str]:
    for token in statement.tokens:
        start = token.start - statement.start
        yield statement.text[start : start + token.end - token.start]


def _skip(words: Iterator[str], *expected: str) -> None:
    for _ in expected:
        next(words, "")


def _table(words: Iterator[str]) -> str:
    name = next(words, "")
    if name.upper() == "ONLY":
        name = next(words, "")
    following = next(words, "")
    return f"{name}.{next(words, '')}" if following == "." else name


def _unquote(name: str) -> str:
    if name.startswith('"'):
        return name[1:-1].replace('""', '"')
    return name.lower()
