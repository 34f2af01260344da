"""Rules about indexes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from kongtask.names import qualify
from kongtask.rules import Level
from kongtask.schema.lint.printed_keys import Shape, shapes
from kongtask.schema.lint.rule import Problem, schema_rule, tables
from kongtask.schema.model import Database, Relation, Table


@schema_rule(
    "duplicate-index",
    Level.WARNING,
    "An index is on the same columns as another one of its table.",
    "Each write keeps both, and no query needs both. Drop the one that no constraint needs. An "
    "index that is not unique is a duplicate of a unique one on the same columns.",
)
def duplicate_index(database: Database) -> Iterator[Problem]:
    """Find indexes that differ in nothing but the name."""
    for table in tables(database):
        for shape, other in _pairs(table):
            if _says_the_same(shape, other) and _is_the_one_to_drop(shape, other):
                yield Problem(
                    ref=shape.ref,
                    owner=table.ref,
                    message=f"says the same as the index {_name(other)}",
                    hint="drop one of the two: drop index concurrently …",
                )


@schema_rule(
    "redundant-index",
    Level.NOTE,
    "The columns of an index are the first ones of another index.",
    "The longer index answers the same queries, if not as fast. Whether the shorter one earns its "
    "keep, pg_stat_user_indexes knows.",
)
def redundant_index(database: Database) -> Iterator[Problem]:
    """Find indexes that a longer one can stand in for."""
    for table in tables(database):
        longer: dict[Shape, Shape] = {}
        for shape, other in _pairs(table):
            if _is_prefix(shape, other):
                longer.setdefault(shape, other)
        for shape, other in longer.items():
            yield Problem(
                ref=shape.ref,
                owner=table.ref,
                message=f"is on the first columns of the index {_name(other)}",
                hint="drop it if the longer index serves as well",
            )


@schema_rule(
    "invalid-index",
    Level.WARNING,
    "An index was never finished.",
    "CREATE INDEX CONCURRENTLY failed or was broken off. Writes keep the index and queries do not "
    "use it. Drop it and make it again.",
)
def invalid_index(database: Database) -> Iterator[Problem]:
    """Find indexes whose making was broken off."""
    for relation in _relations(database):
        for index in relation.indexes:
            if not index.is_valid:
                yield Problem(
                    ref=index.ref,
                    owner=relation.ref,
                    message="was never finished: queries do not use it",
                    hint="make it again: reindex index concurrently …",
                )


def _relations(database: Database) -> Iterator[Relation]:
    for schema in database.schemas:
        yield from schema.relations()


def _pairs(table: Table) -> Iterator[tuple[Shape, Shape]]:
    """Yield each index of a table that could go, with each other one."""
    found = [shape for shape in shapes(table) if not shape.is_clone and shape.is_valid]
    yield from ((a, b) for a, b in itertools.permutations(found, 2) if not a.is_key)


def _says_the_same(shape: Shape, other: Shape) -> bool:
    return (
        shape.keys == other.keys
        and _is_alike(shape, other)
        and set(shape.included) <= set(other.included)
        and (other.is_unique or not shape.is_unique)
    )


def _is_the_one_to_drop(shape: Shape, other: Shape) -> bool:
    """Tell whether the first of two indexes is the one to report; the later name of twins is."""
    if not _says_the_same(other, shape):
        return True
    return other.is_key or shape.ref.name > other.ref.name


def _is_prefix(shape: Shape, other: Shape) -> bool:
    return (
        not shape.is_unique
        and len(shape.keys) < len(other.keys)
        and shape.keys == other.keys[: len(shape.keys)]
        and shape.method == "btree"
        and _is_alike(shape, other)
        and set(shape.included) <= {*other.included, *other.keys}
    )


def _is_alike(shape: Shape, other: Shape) -> bool:
    """Tell whether what indexes have beside their columns lets one stand in for the other."""
    return (
        shape.method == other.method
        and shape.predicate == other.predicate
        and (shape.nulls_are_equal == other.nulls_are_equal or not shape.is_unique)
    )


def _name(shape: Shape) -> str:
    return qualify(shape.ref.schema, shape.ref.name)
