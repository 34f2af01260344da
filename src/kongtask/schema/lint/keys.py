"""Rules about primary and foreign keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier
from kongtask.rules import Level
from kongtask.schema.lint.printed_keys import ForeignKey, Shape, foreign_key, primary_key, shapes
from kongtask.schema.lint.rule import Problem, schema_rule, tables
from kongtask.schema.model import Column, Constraint, ConstraintKind, Database, Kind, Table

#: Methods whose indexes find equal values.
_FIND_EQUALS = frozenset({"btree", "hash"})

_TYPE_MODIFIER = re.compile(r"\([^)]*\)")

_NARROW = {"integer": "2,147,483,647", "smallint": "32,767"}


@schema_rule(
    "no-primary-key",
    Level.WARNING,
    "A table has no primary key.",
    "Without one, rows cannot be told apart, logical replication cannot replicate updates and "
    "deletes, and many tools will not work with the table. Add one; an identity column will do. "
    "Partitions are judged by their partitioned table.",
)
def no_primary_key(database: Database) -> Iterator[Problem]:
    """Find tables that hold rows and have no primary key."""
    for table in tables(database):
        if table.kind is Kind.TABLE and not table.is_partition and not primary_key(table):
            yield Problem(
                ref=table.ref,
                message="has no primary key",
                hint="add one: alter table … add primary key (…)",
            )


@schema_rule(
    "unindexed-foreign-key",
    Level.WARNING,
    "No index begins with the columns of a foreign key.",
    "Each delete and each change of a key in the referenced table then reads the whole referring "
    "table, under locks. Any index whose first columns are the foreign key's, in any order, will "
    "do. A partial index does not count, unless all that it leaves out is NULL.",
)
def unindexed_foreign_key(database: Database) -> Iterator[Problem]:
    """Find foreign keys that no index helps."""
    for table, constraint, key in _foreign_keys(database):
        is_enforced = not constraint.definition.endswith(" NOT ENFORCED")
        if not is_enforced or any(_helps(shape, key) for shape in shapes(table)):
            continue
        columns = ", ".join(quote_identifier(column) for column in key.columns)
        yield Problem(
            ref=table.part(Kind.CONSTRAINT, constraint.name),
            owner=table.ref,
            message=f"has no index that begins with {columns}",
            hint=f"make one: create index concurrently on "
            f"{qualify(table.schema, table.name)} ({columns})",
        )


@schema_rule(
    "foreign-key-type",
    Level.WARNING,
    "A column of a foreign key has another type than the column that it refers to.",
    "Values may fit into one of them and not into the other, and comparing different types may "
    "keep an index from being used. Lengths and precisions are not compared, and a domain counts "
    "as the type under it.",
)
def foreign_key_type(database: Database) -> Iterator[Problem]:
    """Find foreign keys between columns of different types."""
    known = {(table.schema, table.name): table for table in tables(database)}
    domains = {
        f"{domain.schema}.{domain.name}": domain.type
        for schema in database.schemas
        for domain in schema.domains
    }
    for table, constraint, key in _foreign_keys(database):
        referenced = known.get(key.table)
        if referenced is None:
            continue
        ours, theirs = _columns(table), _columns(referenced)
        for name, other in zip(key.columns, key.referenced, strict=True):
            mine, its = (
                _plain_type(column.type, domains) for column in (ours[name], theirs[other])
            )
            if mine != its:
                yield Problem(
                    ref=table.part(Kind.CONSTRAINT, constraint.name),
                    owner=table.ref,
                    message=f"refers from {name} ({ours[name].type}) to {other} "
                    f"({theirs[other].type})",
                    hint="give both columns the same type",
                )


@schema_rule(
    "narrow-key",
    Level.WARNING,
    "A primary key that counts upwards, or its sequence, is narrower than bigint.",
    "An integer sequence ends at 2,147,483,647, also where most of its values were never used, "
    "and then every insert fails. Making the column wider rewrites the table and all that refer to "
    "it. A bigint takes four bytes more. A serial column that was made wider later keeps its "
    "narrow sequence.",
)
def narrow_key(database: Database) -> Iterator[Problem]:
    """Find primary keys that are fed by a sequence, where one of the two is not bigint."""
    owned = {
        sequence.owned_by: sequence.options.type
        for schema in database.schemas
        for sequence in schema.sequences
        if sequence.owned_by is not None
    }
    for table in tables(database):
        columns = _columns(table)
        for name in [] if table.is_partition else primary_key(table):
            column = columns.get(name) if name is not None else None
            if column is None or not _counts(column):
                continue
            if column.identity is not None:
                sequence = column.identity.sequence.options.type
            else:
                sequence = owned.get((table.ref, column.name), "bigint")
            is_narrow = column.type in _NARROW
            end = _NARROW.get(column.type if is_narrow else sequence)
            if end is None:
                continue
            yield Problem(
                ref=table.part(Kind.COLUMN, column.name),
                owner=table.ref,
                message=f"is a primary key that counts upwards, and {column.type} ends at {end}"
                if is_narrow
                else f"is a primary key whose sequence ends at {end}",
                hint="make it bigint while the table is small"
                if is_narrow
                else "make the sequence as wide as the column: alter sequence … as bigint",
            )


def _foreign_keys(database: Database) -> Iterator[tuple[Table, Constraint, ForeignKey]]:
    """Yield the foreign keys, but for a partition's that belong to its partitioned table's."""
    for table in tables(database):
        for constraint in table.constraints:
            if constraint.kind is ConstraintKind.FOREIGN_KEY and constraint.parent is None:
                key = foreign_key(constraint)
                if key is not None:
                    yield table, constraint, key


def _helps(shape: Shape, key: ForeignKey) -> bool:
    """Tell whether an index finds the rows that refer to one row."""
    if shape.method not in _FIND_EQUALS or not shape.is_valid:
        return False
    if shape.predicate and not _leaves_out_nulls_only(shape.predicate, key):
        return False
    columns = shape.columns()[: len(key.columns)]
    return None not in columns and {str(column) for column in columns} == set(key.columns)


def _leaves_out_nulls_only(predicate: str, key: ForeignKey) -> bool:
    return predicate in {f"({quote_identifier(column)} IS NOT NULL)" for column in key.columns}


def _columns(table: Table) -> dict[str, Column]:
    return {column.name: column for column in table.columns}


def _plain_type(type_: str, domains: dict[str, str]) -> str:
    while type_ in domains:
        type_ = domains[type_]
    return _TYPE_MODIFIER.sub("", type_)


def _counts(column: Column) -> bool:
    """Tell whether a sequence gives a column its values."""
    return column.identity is not None or (column.default or "").startswith("nextval(")
