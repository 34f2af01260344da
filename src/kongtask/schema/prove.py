"""The proof of an export: load it into an empty database, export that, compare."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import fields

from kongtask.database.connection import Connection, Target, compose
from kongtask.errors import ProofFailedError
from kongtask.schema.coverage import OBJECTS, Coverage
from kongtask.schema.model import Database
from kongtask.schema.model.base import Value
from kongtask.schema.reload import reloaded

#: Fields whose text PostgreSQL prints from a parsed expression. It prints a few expressions
#: differently once they have been parsed from its own text, and the same from then on.
PRINTED: Final = frozenset(
    {"arguments", "check", "default", "definition", "filter", "partition_bound", "partition_key",
     "sql_body", "using"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a proof found.

    Attributes:
        is_exact: the second export has the same bytes; else only printed expressions moved.
        moved: a unified diff of what moved, or the empty text.
    """

    is_exact: bool
    moved: str = ""


def prove(
    database: Database,
    names: Iterable[str],
    target: Target | None = None,
    coverage: Coverage = OBJECTS,
) -> Proof:
    """Prove that an export makes its schemas again.

    Args:
        database: the schemas as read, with all that they lean on.
        names: the ones whose export is to be proved.
        target: a database of the server to prove on; see :func:`reloaded`.
        coverage: what is proved beyond the objects.

    Returns:
        The proof. ``is_exact`` is false where PostgreSQL prints some expressions differently after
        one reload, and the same after two: the schema is the same, its text settles.

    Raises:
        ProofFailedError: the text does not load, or something got lost; the message shows what.
    """
    names = sorted(set(names))
    proved = database.only(names)
    expected = coverage.render(proved)
    with reloaded(database, target, coverage) as connection:
        everything = coverage.read(connection, (schema.name for schema in database.schemas))
    again = everything.only(names)
    text = coverage.render(again)
    if text == expected:
        return Proof(is_exact=True)
    moved = difference(expected, text, "export", "export after loading it")
    left_out = PRINTED | _not_covered(coverage)
    if _structure(proved, left_out) == _structure(again, left_out):
        with reloaded(everything, target, coverage) as connection:
            settled = coverage.read(connection, (schema.name for schema in database.schemas))
            if coverage.render(settled.only(names)) == text:
                return Proof(is_exact=False, moved=moved)
    raise ProofFailedError(
        f"the export of {', '.join(names)} loads, but exports differently afterwards:\n{moved}"
    )


def canonical(
    database: Database,
    names: Iterable[str],
    target: Target | None = None,
    coverage: Coverage = OBJECTS,
) -> Database:
    """Return schemas as the embedded server prints them once they have been loaded there.

    Loading twice settles every expression, so the result does not depend on the server or on the
    past of the database that the schemas were read from.

    Args:
        database: the schemas as read, with all that they lean on.
        names: the ones to return.
        target: a database of another server to load them on, of the embedded server's major
            version; see :func:`reloaded`.
        coverage: what is kept beyond the objects.
    """
    with reloaded(database, target, coverage) as connection:
        database = coverage.read(connection, (schema.name for schema in database.schemas))
    with reloaded(database, target, coverage) as connection:
        return coverage.read(connection, names)


def renamed(
    database: Database,
    old: str,
    new: str,
    target: Target | None = None,
    coverage: Coverage = OBJECTS,
) -> Database:
    """Return a schema as it would read under another name, wherever the catalog knows it.

    Text that PostgreSQL does not parse, such as the body of a PL/pgSQL function, keeps the old
    name.
    """
    with reloaded(database, target, coverage) as connection:
        _rename(connection, old, new)
        return coverage.read(connection, [new])


def difference(old: str, new: str, old_name: str, new_name: str) -> str:
    """Return a unified diff of two texts, without a final newline."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), old_name, new_name
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    ).rstrip("\n")


def _rename(connection: Connection, old: str, new: str) -> None:
    if new == "public":
        connection.execute("drop schema if exists public")
    connection.execute(compose("alter schema {old} rename to {new}", old=old, new=new))


def _not_covered(coverage: Coverage) -> frozenset[str]:
    """Return the fields that a reload does not keep."""
    owners = () if coverage.owners else ("owner",)
    grants = () if coverage.privileges else ("grants", "default_privileges", "extension_members")
    return frozenset(("left_out", *owners, *grants))


def _structure(value: Any, left_out: frozenset[str]) -> Any:
    """Return a value of the model without the contents of some fields."""
    if isinstance(value, Value):
        return (
            type(value).__name__,
            *(
                (field.name, _structure(getattr(value, field.name), left_out))
                for field in fields(value)
                if field.name not in left_out or getattr(value, field.name) is None
            ),
        )
    if isinstance(value, tuple):
        return tuple(_structure(item, left_out) for item in value)
    return value
