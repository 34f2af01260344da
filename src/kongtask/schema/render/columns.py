"""Column definitions, and what of a column only ALTER can say."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import default_relation_name, qualify, quote_identifier
from kongtask.schema.model import Column, Identity, NotNull, SchemaObject
from kongtask.schema.render.sequences import sequence_options
from kongtask.schema.render.text import storage_parameters


def column_definition(
    owner: SchemaObject,
    column: Column,
    *,
    with_default: bool = True,
    with_not_null: bool = True,
) -> str:
    """Return a column as CREATE TABLE takes it.

    Args:
        owner: the table.
        column: the column.
        with_default: False leaves a plain default to a statement of its own.
        with_not_null: False leaves NOT NULL out, because a parent gives it.
    """
    attributes = column_attributes(
        owner, column, with_default=with_default, with_not_null=with_not_null
    )
    return " ".join([quote_identifier(column.name), column.type, *attributes])


def column_attributes(
    owner: SchemaObject, column: Column, *, with_default: bool, with_not_null: bool = True
) -> list[str]:
    """Return what follows a column's name and type in CREATE TABLE."""
    words = []
    if column.fdw_options:
        words.append(f"OPTIONS ({', '.join(column.fdw_options)})")
    if column.compression is not None:
        words.append(f"COMPRESSION {column.compression}")
    if column.collation is not None:
        words.append(f"COLLATE {column.collation}")
    if column.not_null is not None and column.not_null.valid and with_not_null:
        words.append(not_null(column.not_null))
    if column.identity is not None:
        words.append(identity_clause(owner, column, column.identity))
    elif column.generated is not None:
        words.append(_generated(column))
    elif column.default is not None and with_default:
        words.append(f"DEFAULT {column.default}")
    return words


def is_said(column: Column) -> bool:
    """Tell whether a column's definition says all of it: no other statement is about the column."""
    return (
        column.comment is None
        and column.identity is None
        and column.is_usual_storage
        and column.statistics is None
        and not column.options
        and (column.not_null is None or (column.not_null.valid and column.not_null.name is None))
    )


def partition_column(column: Column, parent: Column, *, with_default: bool) -> str | None:
    """Return what a partition says about a column that differs from its parent's, or None.

    Args:
        column: the partition's column.
        parent: the partitioned table's, as it is when the partition is made.
        with_default: False leaves the default to a statement of its own.
    """
    words = []
    if column.default is not None and column.default != parent.default:
        if column.generated is not None:
            words.append(_generated(column))
        elif with_default:
            words.append(f"DEFAULT {column.default}")
    if column.not_null is not None and (
        parent.not_null is None or (column.not_null.name and column.not_null.is_local)
    ):
        words.append(not_null(column.not_null))
    return " ".join([quote_identifier(column.name), *words]) if words else None


def not_null(constraint: NotNull, column: str | None = None) -> str:
    """Return a NOT NULL constraint as a column definition takes it.

    Args:
        constraint: the constraint.
        column: the column's name where the constraint stands by itself (from 18 on).
    """
    name = f"CONSTRAINT {quote_identifier(constraint.name)} " if constraint.name else ""
    of_column = f" {quote_identifier(column)}" if column is not None else ""
    return f"{name}NOT NULL{of_column}{' NO INHERIT' if constraint.no_inherit else ''}"


def column_settings(alter: str, column: Column, parent: Column | None) -> Iterator[str]:
    """Yield ALTER statements for what no column definition can say on every version.

    Args:
        alter: ``ALTER TABLE …`` up to the table's name.
        column: the column.
        parent: the column that it was copied from when the table was made, or None.
    """
    is_as_made = column.is_usual_storage if parent is None else column.storage == parent.storage
    changes = []
    if column.storage is not None and not is_as_made:
        changes.append(f"STORAGE {column.storage}")
    if parent is not None and column.compression != parent.compression:
        changes.append(f"COMPRESSION {column.compression or 'default'}")
    if column.statistics is not None:
        changes.append(f"STATISTICS {column.statistics}")
    if column.options:
        changes.append(f"({', '.join(storage_parameters(column.options))})")
    for change in changes:
        yield f"{alter} ALTER COLUMN {quote_identifier(column.name)} SET {change};"


def _generated(column: Column) -> str:
    return f"GENERATED ALWAYS AS ({column.default}) {column.generated}"


def identity_clause(owner: SchemaObject, column: Column, identity: Identity) -> str:
    """Return ``GENERATED … AS IDENTITY`` with the options of its sequence."""
    sequence = identity.sequence
    options = list(sequence_options(sequence.options))
    usual = default_relation_name(owner.name, column.name, "seq")
    if (sequence.schema, sequence.name) != (owner.schema, usual):
        options.insert(0, f"SEQUENCE NAME {qualify(sequence.schema, sequence.name)}")
    listed = f" ({' '.join(options)})" if options else ""
    return f"GENERATED {'ALWAYS' if identity.always else 'BY DEFAULT'} AS IDENTITY{listed}"
