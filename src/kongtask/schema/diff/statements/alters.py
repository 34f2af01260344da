"""Pairs of steps -> the statements that make the first state into the second, where there are any.

None means that what the step makes has to be dropped and made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from kongtask.names import qualify, quote_identifier
from kongtask.schema import model, steps
from kongtask.schema.diff.statements.casts import Casts
from kongtask.schema.diff.statements.drops import part_target
from kongtask.schema.diff.statements.options import (
    foreign_options,
    sequence_alterations,
)
from kongtask.schema.diff.statements.tables import (
    is_replaceable,
    table_alterations,
    view_alterations,
    view_column_alterations,
)
from kongtask.schema.diff.statements.types import (
    composite_alterations,
    domain_alterations,
    enum_alterations,
)
from kongtask.schema.render import step_statements
from kongtask.schema.render.context import Context
from kongtask.schema.render.parts import ENABLING
from kongtask.schema.render.targets import target
from kongtask.schema.render.text import comment_change
from kongtask.schema.steps import Step


class Pair(Struct, frozen=True, kw_only=True):
    """What is there before and after.

    Attributes:
        old, new: the steps that make it.
        changed: names of the attributes that differ.
        context: what rendering the second state takes.
        major: the server's major version.
        casts: from the old state's types to the new one's.
    """

    old: Step
    new: Step
    changed: frozenset[str]
    context: Context
    major: int
    casts: Casts


def alterations(pair: Pair) -> list[str] | None:
    """Return the statements for a pair, or None if there are none that lead there."""
    alter = _ALTERERS.get(type(pair.new.item))
    if type(pair.old.item) is not type(pair.new.item):
        return None
    found = alter(pair) if alter is not None else ([] if pair.changed <= {"comment"} else None)
    if found is not None and "comment" in pair.changed and not _tells_comment(pair.new.item):
        found.append(comment_change(_comment_target(pair.new), pair.new.item.comment))  # type: ignore[union-attr]  # it has one: it changed
    return found


def _tells_comment(item: Any) -> bool:
    return isinstance(item, model.Relation | model.Sequence)


def _comment_target(step: Step) -> str:
    is_part = isinstance(step.item, model.Constraint | model.Trigger | model.Rule | model.Policy)
    return part_target(step) if is_part else target(step.item)  # type: ignore[arg-type]  # an object


def _table(pair: Pair) -> list[str] | None:
    old, new = (_without_defaults(step) for step in (pair.old, pair.new))
    return table_alterations(old, new, pair.major, pair.casts)


def _without_defaults(step: Step) -> model.Table:
    """Return a step's table without the defaults that are steps of their own."""
    table = step.item
    assert isinstance(table, model.Table)
    kept = {key.detail for key in step.parts if key.kind is model.Kind.DEFAULT}
    columns = tuple(
        column
        if column.generated is not None or column.name in kept
        else replace(column, default=None)
        for column in table.columns
    )
    return replace(table, columns=columns)


def _view(pair: Pair) -> list[str] | None:
    old, new = pair.old.item, pair.new.item
    assert isinstance(old, model.View)
    assert isinstance(new, model.View)
    found = view_alterations(old, new)
    if found is None and is_replaceable(old, new):
        create = next(iter(step_statements(pair.context, pair.new)))
        again = create.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1)
        found = [again, *view_column_alterations(old, new)]
        if old.comment != new.comment:
            found.append(comment_change(target(new), new.comment))
    return found


def _routine(pair: Pair) -> list[str] | None:
    old, new = pair.old.item, pair.new.item
    assert isinstance(old, model.Routine)
    assert isinstance(new, model.Routine)
    if pair.changed <= {"comment"}:
        return []
    # Parameters keep their names and defaults, and the result its type (CREATE FUNCTION, Notes).
    if (old.kind, old.arguments, old.result, old.is_window) != (
        new.kind, new.arguments, new.result, new.is_window,
    ):  # fmt: skip
        return None
    create = next(iter(step_statements(pair.context, pair.new)))
    return [create.replace(f"CREATE {new.kind}", f"CREATE OR REPLACE {new.kind}", 1)]


def _sequence(pair: Pair) -> list[str] | None:
    old, new = pair.old.item, pair.new.item
    assert isinstance(old, model.Sequence)
    assert isinstance(new, model.Sequence)
    return list(sequence_alterations(old, new))


def _enum(pair: Pair) -> list[str] | None:
    old, new = pair.old.item, pair.new.item
    assert isinstance(old, model.EnumType)
    assert isinstance(new, model.EnumType)
    return enum_alterations(old, new)


def _composite(pair: Pair) -> list[str] | None:
    old, new = pair.old.item, pair.new.item
    assert isinstance(old, model.CompositeType)
    assert isinstance(new, model.CompositeType)
    return list(composite_alterations(old, new))


def _domain(pair: Pair) -> list[str] | None:
    old, new = pair.old.item, pair.new.item
    assert isinstance(old, model.Domain)
    assert isinstance(new, model.Domain)
    return domain_alterations(old, new)


def _default(pair: Pair) -> list[str] | None:
    return list(step_statements(pair.context, pair.new))


def _ownership(pair: Pair) -> list[str] | None:
    return list(step_statements(pair.context, pair.new))


def _constraint(pair: Pair) -> list[str] | None:
    old, new = pair.old.item, pair.new.item
    assert isinstance(old, model.Constraint)
    assert isinstance(new, model.Constraint)
    if pair.changed == {"valid"} and new.valid:
        relation = pair.new.owner
        assert relation is not None
        owner = f"ALTER {relation.ref.kind} {qualify(relation.schema, relation.name)}"
        return [f"{owner} VALIDATE CONSTRAINT {quote_identifier(new.name)};"]
    if pair.changed <= {"comment", "index"} and old.index is not None and new.index is not None:
        return _index_changes(pair, old.index, new.index)
    return [] if pair.changed <= {"comment"} else None


def _index(pair: Pair) -> list[str] | None:
    old, new = pair.old.item, pair.new.item
    assert isinstance(old, model.Index)
    assert isinstance(new, model.Index)
    return _index_changes(pair, old, new, comment=False)


def _index_changes(
    pair: Pair, old: model.Index, new: model.Index, *, comment: bool = True
) -> list[str] | None:
    same = replace(
        old, comment=new.comment, statistics=new.statistics, is_clustered=new.is_clustered,
        is_replica_identity=new.is_replica_identity, tablespace=new.tablespace,
        requires=new.requires, owner=new.owner, columns=new.columns, search_path=new.search_path,
    )  # fmt: skip
    if same != new:
        return None
    relation, index = pair.new.owner, target(new)
    assert relation is not None
    table = f"{relation.ref.kind} {qualify(relation.schema, relation.name)}"
    found = []
    before, after = dict(old.statistics), dict(new.statistics)
    for number in sorted(before.keys() | after.keys()):
        if before.get(number) != after.get(number):
            value = after.get(number, -1)
            found.append(f"ALTER {index} ALTER COLUMN {number} SET STATISTICS {value};")
    if new.is_clustered and not old.is_clustered:
        found.append(f"ALTER {table} CLUSTER ON {quote_identifier(new.name)};")
    elif old.is_clustered and not new.is_clustered and not _another_is_clustered(relation):
        found.append(f"ALTER {table} SET WITHOUT CLUSTER;")
    if new.is_replica_identity and not old.is_replica_identity:
        name = quote_identifier(new.name)
        found.append(f"ALTER {table} REPLICA IDENTITY USING INDEX {name};")
    if old.tablespace != new.tablespace:
        space = quote_identifier(new.tablespace or "pg_default")
        found.append(f"ALTER {index} SET TABLESPACE {space};")
    if comment and old.comment != new.comment:
        found.append(comment_change(index, new.comment))
    return found


def _another_is_clustered(relation: Any) -> bool:
    keys = (x.index for x in getattr(relation, "constraints", ()) if x.index is not None)
    return any(index.is_clustered for index in (*relation.indexes, *keys))


def _trigger(pair: Pair) -> list[str] | None:
    item, relation = pair.new.item, pair.new.owner
    assert isinstance(item, model.Trigger)
    assert relation is not None
    if not pair.changed <= {"comment", "enabled"}:
        return None
    if "enabled" not in pair.changed:
        return []
    kind = relation.kind if isinstance(relation, model.Table) else model.Kind.TABLE
    table = qualify(relation.schema, relation.name)
    return [f"ALTER {kind} {table} {ENABLING[item.enabled]} TRIGGER {quote_identifier(item.name)};"]


def _rule(pair: Pair) -> list[str] | None:
    item, relation = pair.new.item, pair.new.owner
    assert isinstance(item, model.Rule)
    assert relation is not None
    if not pair.changed <= {"comment", "enabled"}:
        return None
    if "enabled" not in pair.changed:
        return []
    table = qualify(relation.schema, relation.name)
    return [f"ALTER TABLE {table} {ENABLING[item.enabled]} RULE {quote_identifier(item.name)};"]


def _statistics(pair: Pair) -> list[str] | None:
    item = pair.new.item
    assert isinstance(item, model.Statistics)
    if not pair.changed <= {"comment", "target"}:
        return None
    value = -1 if item.target is None else item.target
    return [f"ALTER {target(item)} SET STATISTICS {value};"] if "target" in pair.changed else []


def _event_trigger(pair: Pair) -> list[str] | None:
    item = pair.new.item
    assert isinstance(item, model.EventTrigger)
    if not pair.changed <= {"comment", "enabled"}:
        return None
    return [f"ALTER {target(item)} {ENABLING[item.enabled]};"] if "enabled" in pair.changed else []


def _with_options(pair: Pair) -> list[str] | None:
    old, new = pair.old.item, pair.new.item
    if not pair.changed <= {"comment", "options"}:
        return None
    options = ((getattr(item, "options", ())) for item in (old, new))
    return list(foreign_options(f"ALTER {target(new)}", *options))  # type: ignore[arg-type]  # an object


def _extension(pair: Pair) -> list[str] | None:
    item = pair.new.item
    assert isinstance(item, model.Extension)
    if "schema" not in pair.changed:
        return []  # what an extension brings is its own
    return [f"ALTER {target(item)} SET SCHEMA {quote_identifier(item.schema)};"]


def _schema(pair: Pair) -> list[str] | None:
    del pair
    return []


_ALTERERS: dict[type, Callable[[Pair], list[str] | None]] = {
    model.Table: _table,
    model.View: _view,
    model.Routine: _routine,
    model.Sequence: _sequence,
    model.EnumType: _enum,
    model.CompositeType: _composite,
    model.Domain: _domain,
    model.Constraint: _constraint,
    model.Index: _index,
    model.Trigger: _trigger,
    model.Rule: _rule,
    model.Statistics: _statistics,
    model.EventTrigger: _event_trigger,
    model.Server: _with_options,
    model.UserMapping: _with_options,
    model.ForeignDataWrapper: _with_options,
    model.Extension: _extension,
    model.Schema: _schema,
    steps.Default: _default,
    steps.Ownership: _ownership,
}
