"""ALTER statements for a table's columns."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import quote_identifier
from kongtask.schema.diff.statements.casts import Casts
from kongtask.schema.diff.statements.options import (
    foreign_options,
    parameter_changes,
    sequence_alterations,
)
from kongtask.schema.model import Column, Identity, Kind, NotNull, SchemaObject, Table
from kongtask.schema.render.columns import column_definition, identity_clause, not_null
from kongtask.schema.render.targets import comment_of
from kongtask.schema.render.text import comment_change, comment_on

#: The first major version whose generated columns can get another expression.
_SET_EXPRESSION = 17


class ColumnChanges:
    """The columns of one table on their way from one state to another.

    Args:
        old: the table as it is.
        new: the table as it is to be.
        name: its qualified name.
        major: the server's major version.
        casts: from the old state's types to the new one's.
    """

    def __init__(self, old: Table, new: Table, name: str, major: int, casts: Casts) -> None:
        self.new, self.name, self.major, self.casts = new, name, major, casts
        self.alter = f"ALTER {new.kind} {name}"
        self.before = {column.name: column for column in old.columns}
        self.after = {column.name: column for column in new.columns}
        # What a parent has, its children get and lose with it.
        self.follows = bool(old.parents and new.parents)

    def statements(self) -> Iterator[str]:
        """Yield the statements, drops first."""
        for name, column in self.before.items():
            if name not in self.after and not self._is_parents(column):
                yield f"{self.alter} DROP COLUMN {quote_identifier(name)};"
        for name, column in self.after.items():
            old = self.before.get(name)
            if old is None:
                yield from self._added(column)
            elif old != column:
                yield from self._altered(old, column)

    def _is_parents(self, column: Column) -> bool:
        return self.follows and not column.is_local

    def _added(self, column: Column) -> Iterator[str]:
        if not self._is_parents(column):
            yield f"{self.alter} ADD COLUMN {column_definition(self.new, column)};"
        bare = Column(name=column.name, type=column.type, storage=None)
        yield from self._settings(bare, column)

    def _altered(self, old: Column, new: Column) -> Iterator[str]:
        column = f"{self.alter} ALTER COLUMN {quote_identifier(new.name)}"
        if self._is_made_anew(old, new):
            yield f"{self.alter} DROP COLUMN {quote_identifier(new.name)};"
            yield from self._added(new)
            return
        if old.generated is not None and new.generated is None:
            yield f"{column} DROP EXPRESSION;"
        elif old.generated is not None and old.default != new.default:
            yield f"{column} SET EXPRESSION AS ({new.default});"
        if old.identity is not None and new.identity is None:
            yield f"{column} DROP IDENTITY;"
        yield from self._type(column, old, new)
        yield from self._not_null(column, old.not_null, new.not_null, new.name)
        yield from self._identity(column, old.identity, new)
        yield from self._settings(old, new)

    def _is_made_anew(self, old: Column, new: Column) -> bool:
        """Tell whether only dropping the column and adding it makes it what it is to be."""
        if self._is_parents(new) or new.generated is None:
            return False
        is_other = old.generated != new.generated
        return is_other or (old.default != new.default and self.major < _SET_EXPRESSION)

    def _type(self, column: str, old: Column, new: Column) -> Iterator[str]:
        if (old.type, old.collation) == (new.type, new.collation) or self._is_parents(new):
            return
        collation = f" COLLATE {new.collation}" if new.collation is not None else ""
        using = f" USING {self.casts.cast(quote_identifier(new.name), old.type, new.type)}"
        if new.generated is not None or self.new.kind is Kind.FOREIGN_TABLE:
            using = ""
        yield f"{column} TYPE {new.type}{collation}{using};"

    def _not_null(
        self, column: str, old: NotNull | None, new: NotNull | None, name: str
    ) -> Iterator[str]:
        if old is not None and new is not None and old.name is not None:
            same = NotNull(name=new.name, no_inherit=new.no_inherit, comment=old.comment)
            if old.name == new.name and not old.valid and new == same:
                yield f"{self.alter} VALIDATE CONSTRAINT {quote_identifier(old.name)};"
                return
        if old is not None and old != new and (new is None or _core(old) != _core(new)):
            yield f"{column} DROP NOT NULL;"
            old = None
        if new is not None and old is None:
            if new == NotNull(is_local=new.is_local):
                yield f"{column} SET NOT NULL;"
            else:
                valid = "" if new.valid else " NOT VALID"
                yield f"{self.alter} ADD {not_null(new, name)}{valid};"
        comment = None if old is None else old.comment
        if new is not None and new.name is not None and new.comment != comment:
            yield comment_change(
                f"CONSTRAINT {quote_identifier(new.name)} ON {self.name}", new.comment
            )

    def _identity(self, column: str, old: Identity | None, new: Column) -> Iterator[str]:
        identity = new.identity
        if identity is None:
            return
        if old is None:
            yield f"{column} ADD {identity_clause(self.new, new, identity)};"
            yield from comment_of(identity.sequence)
            return
        if old.always != identity.always:
            yield f"{column} SET GENERATED {'ALWAYS' if identity.always else 'BY DEFAULT'};"
        yield from sequence_alterations(old.sequence, identity.sequence)

    def _settings(self, old: Column, new: Column) -> Iterator[str]:
        yield from column_settings_changes(self.new, self.name, old, new)


def column_settings_changes(
    owner: SchemaObject, name: str, old: Column, new: Column
) -> Iterator[str]:
    """Yield what changes of a column without touching its rows.

    Args:
        owner: the table, view or composite type.
        name: its qualified name.
        old: the column as it is; of a new one, a column with nothing set.
        new: the column as it is to be.
    """
    column = f"ALTER {owner.ref.kind} {name} ALTER COLUMN {quote_identifier(new.name)}"
    only = column.replace(f" {name} ", f" ONLY {name} ", 1) if isinstance(owner, Table) else column
    is_usual = old.storage is None and new.is_usual_storage
    if old.storage != new.storage and new.storage is not None and not is_usual:
        yield f"{only} SET STORAGE {new.storage};"
    if old.compression != new.compression:
        yield f"{only} SET COMPRESSION {new.compression or 'default'};"
    if old.statistics != new.statistics:
        yield f"{only} SET STATISTICS {-1 if new.statistics is None else new.statistics};"
    yield from parameter_changes(only, old.options, new.options)
    yield from foreign_options(column, old.fdw_options, new.fdw_options)
    if old.comment != new.comment:
        yield comment_change(f"COLUMN {name}.{quote_identifier(new.name)}", new.comment)


def added_column_comments(name: str, column: Column) -> Iterator[str]:
    """Yield the comment of a new column."""
    yield from comment_on(f"COLUMN {name}.{quote_identifier(column.name)}", column.comment)


def _core(constraint: NotNull) -> tuple[object, ...]:
    return constraint.name, constraint.no_inherit, constraint.valid
