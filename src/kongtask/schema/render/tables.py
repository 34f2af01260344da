"""Tables: ordinary, partitioned, partitions, typed, inheriting and foreign."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier
from kongtask.schema.model import Column, Constraint, ConstraintKind, Kind, NotNull, Ref, Table
from kongtask.schema.render.columns import (
    column_attributes,
    column_definition,
    column_settings,
    is_said,
    not_null,
    partition_column,
)
from kongtask.schema.render.context import Context
from kongtask.schema.render.indexes import index_settings
from kongtask.schema.render.layout import Making, layout_of
from kongtask.schema.render.targets import comment_of, target
from kongtask.schema.render.text import (
    comment_on,
    constraint_definition,
    listed,
    storage_parameters,
    with_search_path,
)
from kongtask.schema.steps import Step

_REPLICA_IDENTITIES = {"F": "FULL", "N": "NOTHING"}


def render_table(context: Context, step: Step, table: Table) -> Iterator[str]:
    """Yield the statements that make a table and what its step makes with it."""
    drawing = _Drawing(context, step, table)
    yield from with_search_path(table.search_path, drawing.create())
    yield from drawing.not_valid_not_nulls()
    yield from drawing.connections()
    yield from drawing.column_settings()
    yield from drawing.settings()
    yield from drawing.comments()


class _Drawing:
    """One table while its text is made."""

    def __init__(self, context: Context, step: Step, table: Table) -> None:
        self.context, self.step, self.table = context, step, table
        self.layout = layout_of(context, table)
        self.making = self.layout.making
        self.is_copied = self.making is Making.INHERITS or self.making is Making.PARTITION_OF
        #: The constraints that the step makes.
        self.constraints = [
            constraint
            for constraint in table.constraints
            if constraint.kind is not ConstraintKind.FOREIGN_KEY
            and table.part(Kind.CONSTRAINT, constraint.name) in step.parts
        ]
        self.texts: list[str | None] = [None] * len(self.layout.columns)
        if self.making is Making.PLAIN and not context.has_separate_defaults:
            known = context.column_texts
            self.texts = [
                (known.get(id(column)) or self._whole_text(column))[1]
                for column in self.layout.columns
            ]
        #: The columns of which more may have to be said than CREATE TABLE does.
        self.columns = [
            column
            for column, text in zip(self.layout.columns, self.texts, strict=True)
            if text is None
        ]
        self.name = qualify(table.schema, table.name)
        self.alter = f"ALTER {table.kind} ONLY {self.name}"

    def create(self) -> str:
        table, making = self.table, self.making
        unlogged = "UNLOGGED " if table.unlogged else ""
        head = f"CREATE {unlogged}{table.kind} {self.name}"
        elements = [*self._column_elements(), *self._constraint_elements()]
        if making is Making.PARTITION_OF:
            head += f" PARTITION OF {_name(table.parents[0])}"
        elif making is Making.TYPED:
            head += f" OF {table.of_type}"
        if elements or not (making is Making.PARTITION_OF or making is Making.TYPED):
            head += f" {listed(elements)}"
        if making is Making.PARTITION_OF:
            head += f"\n{table.partition_bound}"
        elif making is Making.INHERITS:
            head += f"\nINHERITS ({', '.join(_name(parent) for parent in table.parents)})"
        return f"{head}{''.join(self._tail())};"

    def not_valid_not_nulls(self) -> Iterator[str]:
        """Yield the NOT NULL that no column definition can say; a parent wants them there."""
        for column in self.columns:
            is_valid = column.not_null is None or column.not_null.valid
            if not is_valid and not self._inherits_not_null(column):
                yield self._not_valid_not_null(column)

    def connections(self) -> Iterator[str]:
        """Yield what makes a partition or a child of a table that stands by itself."""
        if self.making is Making.ATTACHED:
            parent, bound = _name(self.table.parents[0]), self.table.partition_bound
            yield f"ALTER TABLE ONLY {parent} ATTACH PARTITION {self.name} {bound};"
        elif self.making is Making.JOINED:
            for ref in self.table.parents:
                yield f"{self.alter} INHERIT {_name(ref)};"

    def column_settings(self) -> Iterator[str]:
        """Yield what of the columns only ALTER can say, in the order in which it works."""
        for column in self.columns:
            above = self.layout.above.get(column.name)
            if self.is_copied:
                yield from self._differences(column, above)
            yield from column_settings(self.alter, column, above)
            if column.identity is not None:
                sequence = column.identity.sequence
                if sequence.options.type != column.type:
                    yield f"ALTER {target(sequence)} AS {sequence.options.type};"
                if sequence.unlogged != self.table.unlogged:
                    logged = "UNLOGGED" if sequence.unlogged else "LOGGED"
                    yield f"ALTER {target(sequence)} SET {logged};"

    def settings(self) -> Iterator[str]:
        table = self.table
        is_partitioned = table.partition_key is not None
        if is_partitioned and table.access_method is None and self._given_method() is not None:
            yield f"{self.alter} SET ACCESS METHOD DEFAULT;"
        for constraint in self.constraints:
            if constraint.index is not None:
                yield from index_settings(table, constraint.index)
        if table.replica_identity in _REPLICA_IDENTITIES:
            yield f"{self.alter} REPLICA IDENTITY {_REPLICA_IDENTITIES[table.replica_identity]};"
        if table.row_security:
            yield f"ALTER TABLE {self.name} ENABLE ROW LEVEL SECURITY;"
        if table.force_row_security:
            yield f"ALTER TABLE {self.name} FORCE ROW LEVEL SECURITY;"

    def comments(self) -> Iterator[str]:
        table = self.table
        yield from comment_of(table)
        yield from comment_on(f"TYPE {self.name}", table.type_comment)
        for column in self.columns:
            if column.comment is not None:
                target_ = f"COLUMN {self.name}.{quote_identifier(column.name)}"
                yield from comment_on(target_, column.comment)
            if column.identity is not None:
                yield from comment_of(column.identity.sequence)
            if column.not_null is not None and column.not_null.name is not None:
                yield from self._constraint_comment(column.not_null.name, column.not_null.comment)
        for constraint in self.constraints:
            yield from self._constraint_comment(constraint.name, constraint.comment)
            if constraint.index is not None:
                yield from comment_of(constraint.index)

    def _constraint_comment(self, name: str, comment: str | None) -> Iterator[str]:
        if comment is not None:
            target_ = f"CONSTRAINT {quote_identifier(name)} ON {self.name}"
            yield from comment_on(target_, comment)

    def _column_elements(self) -> Iterator[str]:
        for column, text in zip(self.layout.columns, self.texts, strict=True):
            if text is not None:
                yield text
            elif self.making is Making.PARTITION_OF:
                above, with_default = self._made_above(column), self._has_default(column)
                element = partition_column(column, above, with_default=with_default)
                if element is not None:
                    yield element
            elif self.making is Making.TYPED:
                with_default = self._has_default(column)
                attributes = column_attributes(self.table, column, with_default=with_default)
                if attributes:
                    yield f"{quote_identifier(column.name)} WITH OPTIONS {' '.join(attributes)}"
            elif column.is_local or self.making is not Making.INHERITS:
                yield column_definition(
                    self.table,
                    column,
                    with_default=self._has_default(column),
                    with_not_null=not self._inherits_not_null(column),
                )
            elif column.not_null is not None and _is_named_here(column.not_null):
                yield not_null(column.not_null, column.name)

    def _constraint_elements(self) -> Iterator[str]:
        for constraint in self.constraints:
            if self._is_inline(constraint):
                yield constraint_definition(constraint)

    def _is_inline(self, constraint: Constraint) -> bool:
        if not self.context.partitioning.is_clone(self.table, constraint):
            return True
        # A table that is attached afterwards must bring what the parent has by then.
        return (
            self.making is Making.ATTACHED
            and constraint.parent is None
            and not self._comes_later(self.table, constraint.name)
        )

    def _comes_later(self, table: Table, constraint: str) -> bool:
        """Tell whether a constraint of a table above has a statement of its own."""
        above = self.context.tables.get(table.parents[0]) if table.parents else None
        if above is None:
            return False
        key = above.part(Kind.CONSTRAINT, constraint)
        return key in self.context.separate or self._comes_later(above, constraint)

    def _has_default(self, column: Column) -> bool:
        if column.default is None:
            return False
        if not self.context.has_separate_defaults:
            return True
        return self.table.part(Kind.DEFAULT, column.name) in self.step.parts

    def _whole_text(self, column: Column) -> tuple[Column, str | None]:
        """Keep a column's definition if it says all of the column, and return both."""
        text = column_definition(self.table, column) if is_said(column) else None
        known = self.context.column_texts[id(column)] = (column, text)
        return known

    def _made_above(self, column: Column) -> Column:
        return self.layout.above[column.name]

    def _inherited_default(self, column: Column, above: Column | None) -> str | None:
        """Return the default that making the table gives to a column without a word."""
        if above is None or above.generated is not None:
            return None
        for ref in self.table.parents:
            if Ref(Kind.DEFAULT, ref.schema, ref.name, column.name) in self.context.separate:
                return None
        return above.default

    def _differences(self, column: Column, above: Column | None) -> Iterator[str]:
        """Yield what stands differently in the table than copying it from above gives."""
        start = f"{self.alter} ALTER COLUMN {quote_identifier(column.name)}"
        is_said = column.is_local or self.making is Making.PARTITION_OF
        if not is_said and self._has_own_not_null(column):
            yield f"{start} SET NOT NULL;"
        if column.generated is not None:
            return
        inherited = self._inherited_default(column, above)
        if column.default is None and inherited is not None:
            yield f"{start} DROP DEFAULT;"
        elif not is_said and column.default != inherited and self._has_default(column):
            yield f"{start} SET DEFAULT {column.default};"

    def _has_own_not_null(self, column: Column) -> bool:
        """Tell whether a column that is only inherited has a NOT NULL that is not."""
        constraint = column.not_null
        return (
            constraint is not None
            and constraint.valid
            and not _is_named_here(constraint)
            and not self._inherits_not_null(column)
        )

    def _inherits_not_null(self, column: Column) -> bool:
        """Tell whether a child's NOT NULL is its parent's, as far as every version can tell."""
        above = self.layout.above.get(column.name)
        return (
            self.making is Making.INHERITS
            and above is not None
            and above.not_null is not None
            and not above.not_null.no_inherit
            and not (column.not_null is not None and _is_named_here(column.not_null))
        )

    def _not_valid_not_null(self, column: Column) -> str:
        assert column.not_null is not None
        named = not_null(column.not_null, column.name)
        return f"ALTER {self.table.kind} {self.name} ADD {named} NOT VALID;"

    def _given_method(self) -> str | None:
        """Return the access method that a partition gets without a word."""
        if self.making is not Making.PARTITION_OF or self.table.kind is not Kind.TABLE:
            return None
        return self.context.tables[self.table.parents[0]].access_method

    def _tail(self) -> Iterator[str]:
        table = self.table
        if table.partition_key is not None:
            yield f"\nPARTITION BY {table.partition_key}"
        if table.server is not None:
            yield f"\nSERVER {quote_identifier(table.server)}"
            if table.fdw_options:
                yield f"\nOPTIONS ({', '.join(table.fdw_options)})"
        method = table.access_method
        if method is None and table.partition_key is None and self._given_method() is not None:
            method = "heap"
        if method is not None:
            yield f"\nUSING {quote_identifier(method)}"
        if table.options or table.toast_options:
            options = storage_parameters(table.options)
            options += storage_parameters(table.toast_options, "toast.")
            yield f"\nWITH ({', '.join(options)})"


def _is_named_here(constraint: NotNull) -> bool:
    """Tell whether a NOT NULL has a name worth keeping, and not its parent's."""
    return constraint.name is not None and constraint.is_local and constraint.valid


def _name(ref: Ref) -> str:
    return qualify(ref.schema, ref.name)
