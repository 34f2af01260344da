"""What the page of each kind of object says: facts in a line each, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kongtask.names import quote_identifier
from kongtask.schema.docs.relations import (
    columns_grid,
    constraints_grid,
    relation_facts,
    relation_grids,
)
from kongtask.schema.docs.scene import Scene
from kongtask.schema.docs.view import NOTHING, Cell, Grid, Row, Text, code, grid, plain
from kongtask.schema.model import (
    CompositeType,
    DefaultPrivileges,
    Domain,
    EnumType,
    Grant,
    RangeType,
    Ref,
    Relation,
    Routine,
    Schema,
    Sequence,
    TextSearchConfiguration,
    TextSearchDictionary,
)


def facts(scene: Scene, item: Any) -> Iterator[tuple[str, Cell]]:
    """Yield what is to be said of an object in a line each; those that say nothing left out."""
    for what, value in _facts(scene, item):
        if value:
            yield what, value


def grids(scene: Scene, item: Any) -> Iterator[Grid]:
    """Yield the tables of an object's page that have rows."""
    found = [*_grids(scene, item), _uses(scene, item.ref), _used_by(scene, item.ref)]
    found.append(_privileges(item))
    yield from (x for x in found if x is not None)


def _facts(scene: Scene, item: Any) -> Iterator[tuple[str, Cell]]:
    match item:
        case Relation():
            yield from relation_facts(scene, item)
        case Routine():
            yield from _routine_facts(scene, item)
        case Domain():
            yield "Type", scene.typed(item.type)
            yield "Nullable", plain("not null" if item.not_null else "null")
            yield "Default", code(item.default)
            yield "Collation", code(item.collation)
        case RangeType():
            yield "Subtype", scene.typed(item.subtype)
            yield "Multirange", code(item.multirange[1] if item.multirange else None)
        case Sequence():
            yield from _sequence_facts(scene, item)
        case TextSearchConfiguration():
            yield "Parser", code(item.parser)
        case TextSearchDictionary():
            yield "Template", code(item.template)
            yield "Options", code(item.options)
        case _:
            yield from _options(getattr(item, "options", ()))


def _options(options: Iterable[str | tuple[str, str | None]]) -> Iterator[tuple[str, Cell]]:
    """Yield the options of a CREATE statement, and those that OPTIONS takes as one."""
    given = [x for x in options if isinstance(x, str)]
    yield "Options", code(", ".join(given))
    for option in options:
        if not isinstance(option, str):
            name, value = option
            yield name.capitalize(), code(value) or plain("yes")


def _grids(scene: Scene, item: Any) -> Iterator[Grid | None]:
    match item:
        case Relation():
            yield from relation_grids(scene, item)
        case CompositeType():
            yield columns_grid(scene, item, "Attributes", item.columns, {}, view=True)
        case Domain():
            yield constraints_grid(scene, item, item.constraints)
        case EnumType():
            yield grid("Labels", ("Label",), (Row(cells=(code(x),)) for x in item.labels))
        case TextSearchConfiguration():
            rows = (Row(cells=(code(token), code(", ".join(x)))) for token, x in item.mappings)
            yield grid("Mappings", ("Token type", "Dictionaries"), rows)
        case Schema():
            yield _default_privileges(item.default_privileges)


def _routine_facts(scene: Scene, item: Routine) -> Iterator[tuple[str, Cell]]:
    yield "Arguments", code(item.arguments) or plain("none")
    yield "Returns", scene.typed(item.result) if item.result else NOTHING
    yield "Language", code(item.language)
    yield "Volatility", plain(item.volatility.lower())
    yield "On null input", plain("returns null" if item.strict else "")
    yield "Security", plain("the definer's rights" if item.security_definer else "")
    yield "Parallel", plain(item.parallel.lower())
    yield "Settings", code(", ".join(f"{name} = {value}" for name, value in item.settings))


def _sequence_facts(scene: Scene, item: Sequence) -> Iterator[tuple[str, Cell]]:
    options = item.options
    yield "Type", code(options.type)
    yield "Start", plain("" if options.start is None else str(options.start))
    yield "Increment", plain(str(options.increment))
    yield "Minimum", plain("" if options.minimum is None else str(options.minimum))
    yield "Maximum", plain("" if options.maximum is None else str(options.maximum))
    yield "Cycles", plain("yes" if options.cycle else "")
    if item.owned_by is not None:
        table, column = item.owned_by
        yield "Owned by", (scene.named(table), Text(text=", column "), *code(column))


def _uses(scene: Scene, ref: Ref) -> Grid | None:
    used = sorted(x for x, users in scene.users.items() if ref in users)
    return _mentions(scene, "Uses", used)


def _used_by(scene: Scene, ref: Ref) -> Grid | None:
    return _mentions(scene, "Used by", sorted(scene.users.get(ref, ())))


def _mentions(scene: Scene, title: str, refs: Iterable[Ref]) -> Grid | None:
    rows = (Row(cells=((scene.named(x),), plain(x.kind.lower()))) for x in refs)
    return grid(title, ("Object", "Kind"), rows)


def _privileges(item: Any) -> Grid | None:
    grants: list[Grant] = [*item.grants]
    for column in getattr(item, "columns", ()):
        grants += column.grants
    rows = [
        Row(
            cells=(
                code(quote_identifier(x.grantee) if x.grantee is not None else "public"),
                plain(", ".join(x.privileges).lower()),
                code(quote_identifier(x.column) if x.column else None),
                plain(_grant_words(x)),
            )
        )
        for x in grants
    ]
    return grid("Privileges", ("Role", "Privileges", "Column", "How"), rows)


def _grant_words(grant: Grant) -> str:
    if grant.revoked:
        return "revoked"
    return "with grant option" if grant.grantable else ""


def _default_privileges(items: Iterable[DefaultPrivileges]) -> Grid | None:
    rows = [
        Row(
            cells=(
                code(quote_identifier(x.role)),
                plain(x.kind.lower()),
                code(quote_identifier(grant.grantee) if grant.grantee is not None else "public"),
                plain(", ".join(grant.privileges).lower()),
                plain(_grant_words(grant)),
            )
        )
        for x in items
        for grant in x.grants
    ]
    heads = ("Objects of", "Kind", "Role", "Privileges", "How")
    return grid("Default privileges", heads, rows)
