"""What the page of a table or view says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kongtask.names import quote_identifier
from kongtask.schema.docs.keys import marks
from kongtask.schema.docs.scene import Scene
from kongtask.schema.docs.view import NOTHING, Cell, Grid, Row, Text, code, grid, plain
from kongtask.schema.model import (
    Column,
    CompositeType,
    Constraint,
    Domain,
    Kind,
    Ref,
    Relation,
    Table,
    Trigger,
    View,
)

_FIRING = {"D": "disabled", "R": "on replicas only", "A": "always"}


def relation_facts(scene: Scene, item: Relation) -> Iterator[tuple[str, Cell]]:
    """Yield what is to be said of a table or view in a line each."""
    if isinstance(item, Table):
        yield "Partitioned by", code(item.partition_key)
        kind = "Partition of" if item.is_partition else "Inherits from"
        yield kind, _several(scene.named(ref) for ref in item.parents)
        yield "Partition bound", code(item.partition_bound)
        yield "Rows of type", scene.typed(item.of_type) if item.of_type else NOTHING
        yield "Server", code(item.server)
        yield "Row security", plain(_row_security(item))
        yield "Persistence", plain("unlogged" if item.unlogged else "")
    yield "Access method", code(item.access_method)
    yield "Options", code(", ".join(item.options))


def relation_grids(scene: Scene, item: Relation) -> Iterator[Grid | None]:
    """Yield the tables of a table's or view's page."""
    keys = marks(item) if isinstance(item, Table) else {}
    yield columns_grid(scene, item, "Columns", item.columns, keys, view=isinstance(item, View))
    if isinstance(item, Table):
        yield constraints_grid(scene, item, item.constraints)
    yield _indexes(scene, item)
    yield _triggers(scene, item)
    yield grid(
        "Rules",
        ("Rule", "Definition", "Since", "Comment"),
        (_part(scene, item, Kind.RULE, x.name, code(x.definition), comment=x.comment)
         for x in item.rules),
    )  # fmt: skip
    if isinstance(item, Table):
        yield _policies(scene, item)
        yield _referenced_by(scene, item)
        yield _children(scene, item)


def columns_grid(
    scene: Scene,
    owner: Relation | CompositeType,
    title: str,
    columns: Iterable[Column],
    keys: dict[str, list[str]],
    *,
    view: bool = False,
) -> Grid | None:
    """Return the columns of a relation, or the attributes of a composite type."""
    targets = {
        name: scene.named(link.target)
        for link in reversed(scene.outgoing.get(owner.ref, ()))
        for name in link.source_columns
    }
    rows = []
    for column in columns:
        key: Cell = plain(", ".join(keys.get(column.name, [])))
        if column.name in targets:
            key = (*key, Text(text=" → "), targets[column.name])
        rows.append(
            _part(
                scene, owner, Kind.COLUMN, column.name,
                scene.typed(column.type),
                NOTHING if view else plain("not null" if column.not_null else "null"),
                _default(column),
                key,
                comment=column.comment,
            )
        )  # fmt: skip
    heads = ("Column", "Type", "Nullable", "Default", "Key", "Since", "Comment")
    return grid(title, heads, rows)


def constraints_grid(
    scene: Scene, owner: Table | Domain, constraints: Iterable[Constraint]
) -> Grid | None:
    """Return the constraints of a table or domain."""
    return grid(
        "Constraints",
        ("Constraint", "Definition", "Since", "Comment"),
        (
            _part(scene, owner, Kind.CONSTRAINT, x.name, code(x.definition + x.deferral),
                  comment=x.comment)
            for x in constraints
        ),
    )  # fmt: skip


def _default(column: Column) -> Cell:
    if column.identity is not None:
        return plain(f"identity, {'always' if column.identity.always else 'by default'}")
    if column.generated is not None:
        return (Text(text=f"generated, {column.generated.lower()}: "), *code(column.default))
    return code(column.default)


def _indexes(scene: Scene, item: Relation) -> Grid | None:
    rows = []
    for index in item.indexes:
        unique = "UNIQUE " if index.is_unique else ""
        flaws = NOTHING if index.is_valid else (Text(text=" (not valid)"),)
        cells = (
            code(quote_identifier(index.name)),
            (*code(f"{unique}{index.definition}"), *flaws),
            scene.since(index.ref),
            plain(index.comment or ""),
        )
        rows.append(Row(cells=cells, ref=index.ref))
    return grid("Indexes", ("Index", "Definition", "Since", "Comment"), rows)


def _triggers(scene: Scene, item: Relation) -> Grid | None:
    return grid(
        "Triggers",
        ("Trigger", "Definition", "Function", "Fires", "Since", "Comment"),
        (
            _part(scene, item, Kind.TRIGGER, x.name, code(x.definition), _function(scene, x),
                  plain(_FIRING.get(x.enabled, "")), comment=x.comment)
            for x in item.triggers
        ),
    )  # fmt: skip


def _function(scene: Scene, trigger: Trigger) -> Cell:
    functions = sorted(ref for ref in trigger.requires if ref.kind is Kind.FUNCTION)
    return _several(scene.named(ref) for ref in functions)


def _policies(scene: Scene, item: Table) -> Grid | None:
    return grid(
        "Policies",
        ("Policy", "For", "To", "Using", "With check", "Since", "Comment"),
        (
            _part(
                scene, item, Kind.POLICY, x.name,
                plain(x.command.lower() + ("" if x.permissive else ", restrictive")),
                code(", ".join(map(quote_identifier, x.roles)) or "public"),
                code(x.using), code(x.check), comment=x.comment,
            )
            for x in item.policies
        ),
    )  # fmt: skip


def _referenced_by(scene: Scene, item: Table) -> Grid | None:
    return grid(
        "Referenced by",
        ("Table", "Columns", "To", "Constraint"),
        (
            Row(
                cells=(
                    (scene.named(link.source),),
                    code(", ".join(map(quote_identifier, link.source_columns))),
                    code(", ".join(map(quote_identifier, link.target_columns))),
                    code(quote_identifier(link.name)),
                )
            )
            for link in scene.incoming.get(item.ref, ())
        ),
    )


def _children(scene: Scene, item: Table) -> Grid | None:
    children = scene.children.get(item.ref, ())
    title = "Partitions" if item.partition_key else "Inherited by"
    heads = ("Table", "Bound")
    return grid(
        title,
        heads,
        (Row(cells=((scene.named(x.ref),), code(x.partition_bound))) for x in children),
    )


def _part(
    scene: Scene,
    owner: Relation | CompositeType | Domain,
    kind: Kind,
    name: str,
    *cells: Cell,
    comment: str | None,
) -> Row:
    """Return a row about a part: its name, what is given, since when, and its comment."""
    ref = Ref(kind, owner.schema, owner.name, name)
    made = (code(quote_identifier(name)), *cells, scene.since(ref), plain(comment or ""))
    return Row(cells=made, ref=ref)


def _several(texts: Iterable[Text]) -> Cell:
    found: list[Text] = []
    for text in texts:
        found += [Text(text=", "), text] if found else [text]
    return tuple(found)


def _row_security(table: Table) -> str:
    if not table.row_security:
        return ""
    return "on, for the owner too" if table.force_row_security else "on"
