"""Tables: ordinary, partitioned, partitions, typed, inheriting and foreign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kongtask.names import qualify, quote_identifier
from kongtask.schema import partitions
from kongtask.schema.model import Column, Constraint, Kind, Ref, Table
from kongtask.schema.render.columns import (
    column_definition,
    column_settings,
    inherited_differences,
    partition_column,
)
from kongtask.schema.render.context import Context
from kongtask.schema.render.text import INDENT, comment_on, listed, storage_parameters
from kongtask.schema.steps import Step


def render_table(context: Context, step: Step, table: Table) -> Iterator[str]:
    """Yield the statements that make a table and what its step makes with it."""
    drawing = _Drawing(context, step, table)
    yield drawing.create()
    yield from drawing.settings()
    yield from drawing.comments()


def render_default(context: Context, step: Step, column: Column) -> Iterator[str]:
    """Yield the statement for a default that had to wait for what it uses."""
    del context
    table = qualify(step.key.schema, step.key.name)
    name = quote_identifier(column.name)
    yield f"ALTER TABLE ONLY {table} ALTER COLUMN {name} SET DEFAULT {column.default};"


class _Drawing:
    """One table while its text is made."""

    def __init__(self, context: Context, step: Step, table: Table) -> None:
        self.table, self.step = table, step
        self.name = qualify(table.schema, table.name)
        self.parents = [context.tables.get(parent) for parent in table.parents]
        self.is_partition_of = table.is_partition and partitions.follows_parent(
            table, context.tables
        )
        self.alter = f"ALTER {table.kind} ONLY {self.name}"

    def create(self) -> str:
        table = self.table
        unlogged = "UNLOGGED " if table.unlogged else ""
        head = f"CREATE {unlogged}{table.kind} {self.name}"
        elements = [*self._column_elements(), *self._constraint_elements()]
        if self.is_partition_of:
            head += f" PARTITION OF {_name(table.parents[0])}"
            head += f" {listed(elements)}" if elements else ""
            return f"{head}\n{INDENT}{table.partition_bound}{''.join(self._tail())};"
        if table.of_type is not None:
            head += f" OF {table.of_type}"
            head += f" {listed(elements)}" if elements else ""
        else:
            head += f" {listed(elements)}"
        if table.parents and not table.is_partition:
            head += f"\nINHERITS ({', '.join(_name(parent) for parent in table.parents)})"
        return f"{head}{''.join(self._tail())};"

    def settings(self) -> Iterator[str]:
        """Yield what only ALTER can say, in the order in which it works."""
        table = self.table
        if table.is_partition and not self.is_partition_of:
            parent = _name(table.parents[0])
            yield (
                f"ALTER TABLE ONLY {parent} ATTACH PARTITION {self.name} {table.partition_bound};"
            )
        yield from self._inherited_settings()
        for column in table.columns:
            yield from column_settings(self.alter, column)
            if column.not_null is not None and not column.not_null.valid:
                yield self._not_valid_not_null(column)
        for constraint in table.constraints:
            if self._is_inline(constraint):
                yield from index_uses(self.alter, constraint)
        if table.replica_identity in "FN":
            identity = {"F": "FULL", "N": "NOTHING"}[table.replica_identity]
            yield f"{self.alter} REPLICA IDENTITY {identity};"
        if table.row_security:
            yield f"ALTER TABLE {self.name} ENABLE ROW LEVEL SECURITY;"
        if table.force_row_security:
            yield f"ALTER TABLE {self.name} FORCE ROW LEVEL SECURITY;"

    def comments(self) -> Iterator[str]:
        table = self.table
        yield from comment_on(f"{table.kind} {self.name}", table.comment)
        for column in table.columns:
            target = f"COLUMN {self.name}.{quote_identifier(column.name)}"
            yield from comment_on(target, column.comment)
        for constraint in table.constraints:
            if table.part(Kind.CONSTRAINT, constraint.name) in self.step.parts:
                target = f"CONSTRAINT {quote_identifier(constraint.name)} ON {self.name}"
                yield from comment_on(target, constraint.comment)

    def _column_elements(self) -> Iterator[str]:
        table = self.table
        if self.is_partition_of:
            yield from self._partition_elements()
            return
        if table.of_type is not None:
            yield from self._typed_elements()
            return
        for column in table.columns:
            # A partition that is attached afterwards declares what it will then inherit.
            if column.is_local or table.is_partition:
                yield column_definition(column, with_default=self._has_default(column))

    def _partition_elements(self) -> Iterator[str]:
        parent = self.parents[0]
        assert parent is not None, "PARTITION OF is chosen only where the parent is known"
        for column, above in zip(self.table.columns, parent.columns, strict=True):
            with_default = self._has_default(column)
            element = partition_column(column, above, with_default=with_default)
            if element is not None:
                yield element

    def _typed_elements(self) -> Iterator[str]:
        for column in self.table.columns:
            definition = column_definition(column, with_default=self._has_default(column))
            bare = f"{quote_identifier(column.name)} {column.type}"
            if definition != bare:
                yield f"{quote_identifier(column.name)} WITH OPTIONS{definition[len(bare) :]}"

    def _constraint_elements(self) -> Iterator[str]:
        for constraint in self.table.constraints:
            if self._is_inline(constraint):
                yield f"CONSTRAINT {quote_identifier(constraint.name)} {constraint.definition}"

    def _is_inline(self, constraint: Constraint) -> bool:
        key = self.table.part(Kind.CONSTRAINT, constraint.name)
        if key not in self.step.parts:
            return False
        if partitions.is_implied_constraint(self.table, constraint):
            # A table that is attached afterwards must bring what the parent would have given it.
            return (
                self.table.is_partition and not self.is_partition_of and constraint.parent is None
            )
        return True

    def _has_default(self, column: Column) -> bool:
        return self.table.part(Kind.DEFAULT, column.name) in self.step.parts

    def _inherited_settings(self) -> Iterator[str]:
        if self.table.is_partition and not self.is_partition_of:
            return
        above = [_columns(parent) for parent in self.parents if parent is not None]
        for column in self.table.columns:
            parents = [columns[column.name] for columns in above if column.name in columns]
            if column.is_local or not column.is_inherited:
                continue
            parent = parents[0] if parents else None
            for change in inherited_differences(self.table, column, parent):
                covered = self.is_partition_of and change != "DROP DEFAULT"
                if not covered:
                    yield f"{self.alter} ALTER COLUMN {quote_identifier(column.name)} {change};"

    def _not_valid_not_null(self, column: Column) -> str:
        constraint = column.not_null
        assert constraint is not None
        name = f"CONSTRAINT {quote_identifier(constraint.name)} " if constraint.name else ""
        inherit = " NO INHERIT" if constraint.no_inherit else ""
        return (
            f"ALTER TABLE {self.name} ADD {name}NOT NULL {quote_identifier(column.name)}"
            f"{inherit} NOT VALID;"
        )

    def _tail(self) -> Iterator[str]:
        table = self.table
        if table.partition_key is not None:
            yield f"\nPARTITION BY {table.partition_key}"
        if table.server is not None:
            yield f"\nSERVER {quote_identifier(table.server)}"
            if table.fdw_options:
                yield f"\nOPTIONS ({', '.join(table.fdw_options)})"
        if table.access_method is not None:
            yield f"\nUSING {quote_identifier(table.access_method)}"
        options = [
            *storage_parameters(table.options),
            *storage_parameters(table.toast_options, "toast."),
        ]
        if options:
            yield f"\nWITH ({', '.join(options)})"


def index_uses(alter: str, index: Constraint) -> Iterator[str]:
    """Yield what a constraint's index is used for beyond its constraint.

    Args:
        alter: ``ALTER TABLE …`` up to the table's name.
        index: the constraint.
    """
    name = quote_identifier(index.name)
    if index.is_clustered:
        yield f"{alter.replace(' ONLY ', ' ', 1)} CLUSTER ON {name};"
    if index.is_replica_identity:
        yield f"{alter} REPLICA IDENTITY USING INDEX {name};"


def _columns(table: Table) -> Mapping[str, Column]:
    return {column.name: column for column in table.columns}


def _name(ref: Ref) -> str:
    return qualify(ref.schema, ref.name)


def _joined(items: Iterable[str]) -> str:
    return ", ".join(items)
