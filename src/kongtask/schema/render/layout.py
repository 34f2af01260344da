"""How a table gets its columns, and in which order they then stand."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from msgspec import Struct
from msgspec.structs import replace

from kongtask.schema.model import Column, ConstraintKind, Table
from kongtask.schema.render.context import Context


class Making(Enum):
    """Ways to make a table."""

    PLAIN = auto()
    TYPED = auto()
    PARTITION_OF = auto()
    ATTACHED = auto()  # CREATE TABLE, then ATTACH PARTITION
    INHERITS = auto()
    JOINED = auto()  # CREATE TABLE, then INHERIT


class Layout(Struct, frozen=True, kw_only=True):
    """The columns of a table as a load makes them.

    Attributes:
        making: how the table is made.
        columns: all columns, in the order in which they will stand.
        above: what the table copies its columns from when it is made, by column name.
    """

    making: Making
    columns: tuple[Column, ...]
    above: Mapping[str, Column]


def layout_of(context: Context, table: Table) -> Layout:
    """Choose how to make a table."""
    if table.is_partition:
        if not context.partitioning.follows_parent(table):
            return Layout(making=Making.ATTACHED, columns=table.columns, above={})
        parent = context.tables[table.parents[0]]
        above = {column.name: column for column in parent.columns}
        return Layout(making=Making.PARTITION_OF, columns=table.columns, above=above)
    if table.of_type is not None:
        return Layout(making=Making.TYPED, columns=table.columns, above={})
    if table.parents:
        return _inheriting(context, table)
    return Layout(making=Making.PLAIN, columns=table.columns, above={})


def _inheriting(context: Context, table: Table) -> Layout:
    above: dict[str, Column] = {}
    for ref in table.parents:
        for column in layout_of(context, context.tables[ref]).columns:
            given = above.get(column.name)
            above[column.name] = column if given is None else _merged(given, column)
    own = {column.name: column for column in table.columns}
    names = [name for name in above if name in own]
    columns = tuple(own[name] for name in [*names, *(name for name in own if name not in above)])
    if _was_joined(table):
        return Layout(making=Making.JOINED, columns=table.columns, above={})
    return Layout(making=Making.INHERITS, columns=columns, above=above)


def _merged(first: Column, second: Column) -> Column:
    """Return what a child gets from a column that two parents have."""
    return replace(
        first,
        not_null=first.not_null or second.not_null,
        default=first.default if first.default is not None else second.default,
    )


def _was_joined(table: Table) -> bool:
    """Tell whether a table had all that it inherits before it began to inherit."""
    checks = (c for c in table.constraints if c.kind is ConstraintKind.CHECK)
    return (
        any(column.is_inherited for column in table.columns)
        and all(column.is_local for column in table.columns)
        and all(column.not_null is None or column.not_null.is_local for column in table.columns)
        and all(check.is_local or not check.valid for check in checks)
    )
