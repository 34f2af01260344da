"""Column definitions, and what of a column only ALTER can say."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import quote_identifier
from kongtask.schema.model import Column, Identity, NotNull, SequenceOptions, Table
from kongtask.schema.render.text import storage_parameters


def column_definition(column: Column, *, with_default: bool = True) -> str:
    """Return a column as CREATE TABLE takes it.

    Args:
        column: the column.
        with_default: False leaves a plain default to a statement of its own.
    """
    return " ".join(
        [quote_identifier(column.name), column.type, *_attributes(column, with_default)]
    )


def partition_column(column: Column, parent: Column, *, with_default: bool) -> str | None:
    """Return what a partition says about a column that differs from its parent's, or None.

    Args:
        column: the partition's column.
        parent: the partitioned table's.
        with_default: False leaves the default to a statement of its own.
    """
    words = []
    if column.default is not None and column.default != parent.default and with_default:
        words.append(f"DEFAULT {column.default}")
    if column.not_null is not None and parent.not_null is None:
        words.append(not_null(column.not_null))
    return " ".join([quote_identifier(column.name), *words]) if words else None


def not_null(constraint: NotNull) -> str:
    """Return a NOT NULL constraint as a column definition takes it."""
    name = f"CONSTRAINT {quote_identifier(constraint.name)} " if constraint.name else ""
    return f"{name}NOT NULL{' NO INHERIT' if constraint.no_inherit else ''}"


def sequence_options(options: SequenceOptions) -> Iterator[str]:
    """Yield the options of a sequence that differ from the defaults, but for its type."""
    if options.start is not None:
        yield f"START WITH {options.start}"
    if options.increment != 1:
        yield f"INCREMENT BY {options.increment}"
    if options.minimum is not None:
        yield f"MINVALUE {options.minimum}"
    if options.maximum is not None:
        yield f"MAXVALUE {options.maximum}"
    if options.cache != 1:
        yield f"CACHE {options.cache}"
    if options.cycle:
        yield "CYCLE"


def column_settings(table: str, column: Column) -> Iterator[str]:
    """Yield ALTER statements for what no column definition can say on every version.

    Args:
        table: ``ALTER TABLE …`` up to the table's name.
        column: the column.
    """
    start = f"{table} ALTER COLUMN {quote_identifier(column.name)}"
    if column.storage is not None:
        yield f"{start} SET STORAGE {column.storage};"
    if column.statistics is not None:
        yield f"{start} SET STATISTICS {column.statistics};"
    if column.options:
        yield f"{start} SET ({', '.join(storage_parameters(column.options))});"


def inherited_differences(table: Table, column: Column, parent: Column | None) -> Iterator[str]:
    """Yield what stands after ``ALTER COLUMN name`` where a child differs from its parent.

    Args:
        table: the child.
        column: its column, which it only inherits.
        parent: the parent's column, or None where the parent is not part of the export.
    """
    del table
    if column.not_null is not None and (parent is None or parent.not_null is None):
        yield "SET NOT NULL"
    if column.generated is None and column.default != (parent.default if parent else None):
        yield "DROP DEFAULT" if column.default is None else f"SET DEFAULT {column.default}"


def _attributes(column: Column, with_default: bool) -> Iterator[str]:
    if column.fdw_options:
        yield f"OPTIONS ({', '.join(column.fdw_options)})"
    if column.compression is not None:
        yield f"COMPRESSION {column.compression}"
    if column.collation is not None:
        yield f"COLLATE {column.collation}"
    if column.not_null is not None and column.not_null.valid:
        yield not_null(column.not_null)
    if column.identity is not None:
        yield _identity(column.identity)
    elif column.generated is not None:
        yield f"GENERATED ALWAYS AS ({column.default}) {column.generated}"
    elif column.default is not None and with_default:
        yield f"DEFAULT {column.default}"


def _identity(identity: Identity) -> str:
    options = list(sequence_options(identity.options))
    if identity.sequence is not None:
        options.insert(0, f"SEQUENCE NAME {identity.sequence}")
    listed = f" ({' '.join(options)})" if options else ""
    return f"GENERATED {'ALWAYS' if identity.always else 'BY DEFAULT'} AS IDENTITY{listed}"
