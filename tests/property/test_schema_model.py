"""Every attribute of the model is in the text: nothing that was read is lost when it is written."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import fields, replace

from kongtask.database.connection import Target, connect
from kongtask.database.scratch import scratch_database
from kongtask.errors import UnsupportedObjectError
from kongtask.schema import model, read_database, render
from kongtask.schema.model import (
    Database,
    Extension,
    ExtensionMember,
    Grant,
    Schema,
    SecurityLabel,
)
from kongtask.schema.model.base import Value
from tests.golden.cases import CASES

#: What no statement shows by itself, and why.
NOT_SHOWN = {
    "security_labels": "no server has a provider; tests/integration/test_security_labels.py",
    "requires": "decides the order of statements",
    "default_requires": "decides the order of statements",
    "column_requires": "decides the order of statements",
    "signature_requires": "decides the order of statements",
    "tablespace": "belongs to a server, not to a schema",
    "signature": "tells overloads apart; the arguments are shown",
    "is_inherited": "follows from the parents",
    "is_valid": "an invalid index is left out",
    "is_shell": "a shell is left out; it comes with what names it",
    "columns of Index": "tell whether PostgreSQL would give the index its name",
    "definition of Index": "of a key, whose constraint says it, it only helps to tell twins",
    "parent of Constraint": "tells clones, which need no text",
    "kind of Constraint": "the definition says it",
    "is_unique of Index": "of a key, the constraint says it",
    "requirements of Schema": "the header's, not the body's",
    "outside_tables of Schema": "what its own tables inherit is told by the difference",
    "multirange of RangeType": "only a name that PostgreSQL would not give is shown",
    "schema of Index": "an index is where its table is",
    "owned_by of Sequence": "an identity column's sequence needs no word about it",
    "owner of Index": "its table's",
    "grants of Index": "there are none",
    "comment of UserMapping": "there are none",
    "schemas of Extension": "decides the order of statements",
    "left_out of Database": "the header's, not the body's",
}
#: Kinds that have no owner, and kinds that nobody can grant anything on.
WITHOUT_OWNER = {
    "AccessMethod", "Cast", "Extension", "TextSearchParser", "TextSearchTemplate", "Transform",
    "UserMapping",
}  # fmt: skip
WITHOUT_GRANTS = {
    "AccessMethod", "Cast", "EventTrigger", "Extension", "Publication", "Transform", "UserMapping",
    "Collation", "Conversion", "Operator", "OperatorClass", "OperatorFamily", "Statistics",
    "TextSearchConfiguration", "TextSearchDictionary", "TextSearchParser", "TextSearchTemplate",
}  # fmt: skip
CHOSEN = (
    "types", "sequences", "tables", "constraints", "partitions", "inheritance", "typed", "indexes",
    "views", "functions", "policies", "foreign", "operators", "text_search", "privileges",
    "search_path", "collations", "pg18", "database_objects", "database_objects_15",
    "database_objects_18",
)  # fmt: skip


@pytest.fixture(scope="module")
def databases(server: Target) -> list[Database]:
    """The models of golden cases, and one with what the server does not have."""
    extension = Extension(name="citext", schema="app", comment="for all")
    granted = Grant(grantee="ada", privileges=("EXECUTE",), grantable=False, revoked=False)
    member = ExtensionMember(target="FUNCTION app.f()", grants=(granted,))
    labelled = Schema(
        name="app",
        security_labels=(SecurityLabel(provider="p", text="t"),),
        extension_members=(member,),
    )
    read = [Database(schemas=(labelled,), extensions=(extension,), extension_members=(member,))]
    for case in CASES:
        if case.folder.name in CHOSEN:
            with scratch_database(server) as target, connect(target) as connection:
                if connection.info.server_version // 10000 >= case.oldest:
                    connection.execute(case.text.encode())
                    read.append(read_database(connection, case.schemas, objects=case.objects))
    return read


def test_every_attribute_of_the_model_is_in_the_text(databases: list[Database]) -> None:
    """Changing it in some object of some golden case changes what is rendered."""
    shown: set[str] = set()
    for database in databases:
        expected = text_of(database)
        for name, changed in variants(database):
            if name not in shown and text_of(changed) != expected:
                shown.add(name)
    unseen = {
        name for name in attributes() - shown if name.split()[0] not in NOT_SHOWN
    } - NOT_SHOWN.keys()
    unseen -= {f"owner of {kind}" for kind in WITHOUT_OWNER}
    unseen -= {f"grants of {kind}" for kind in WITHOUT_GRANTS}
    assert sorted(unseen) == []


def attributes() -> set[str]:
    """Return ``attribute of Class`` for all classes of the model that hold data."""
    return {
        f"{field.name} of {class_.__name__}"
        for class_ in vars(model).values()
        if isinstance(class_, type)
        and issubclass(class_, Value)
        and class_.__name__ not in {"SchemaObject", "Relation", "DatabaseObject"}
        for field in fields(class_)
        if class_ is not model.Requirement
    }


def text_of(database: Database) -> str:
    try:
        return render(*database.schemas, database=database, owners=True, privileges=True)
    except (AssertionError, UnsupportedObjectError, LookupError, TypeError, ValueError) as error:
        return f"{type(error)}"  # an impossible model: it was noticed


def variants(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield copies of a model with one attribute changed, at any depth."""
    hints = hints_of(type(value))
    for field in fields(value):
        old = getattr(value, field.name)
        name = f"{field.name} of {type(value).__name__}"
        for new in changes(old, hints[field.name]):
            yield name, replace(value, **{field.name: new})
        for inner, new in deeper(old):
            changed = replace(value, **{field.name: new})
            yield inner, changed
            yield name, changed


def hints_of(class_: type, known: dict[type, dict[str, Any]] = {}) -> dict[str, Any]:  # noqa: B006
    """Return a class's types of fields; looking them up takes longer than all the rest."""
    if class_ not in known:
        known[class_] = typing.get_type_hints(class_)
    return known[class_]


def deeper(old: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(old, Value):
        yield from variants(old)
    elif isinstance(old, tuple) and old and isinstance(old[0], Value):
        for place, item in enumerate(old):
            for name, new in variants(item):
                yield name, (*old[:place], new, *old[place + 1 :])


def changes(old: Any, hint: Any) -> Iterator[Any]:
    """Yield other values of the same type."""
    if isinstance(old, bool):
        yield not old
    elif isinstance(old, int):
        yield old + 1
    elif isinstance(old, str):
        yield from (other for other in ("F", "D", f"{old}_x") if other != old)
    elif isinstance(old, model.Ref):
        yield replace(old, name=f"{old.name}_x")
    elif isinstance(old, tuple) and old:
        yield old[:-1]
    elif old is None:
        yield from (made() for kind, made in _MADE.items() if kind in _alternatives(hint))


_MADE: dict[Any, Any] = {
    str: lambda: "x",
    int: lambda: 7,
    model.NotNull: model.NotNull,
}


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
