"""A rule about schemas, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kongtask.rules import Level, Rule
from kongtask.schema.model import Database, Ref, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that a rule found.

    Attributes:
        ref: the object that it is about.
        message: what is wrong with it; the object itself is not named. It never holds a secret.
        hint: what to do about it.
        owner: what the object is a part of.
        is_secret: whether the text of the object must not be shown.
    """

    ref: Ref
    message: str
    hint: str = ""
    owner: Ref | None = None
    is_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaRule:
    """A rule, and the function that looks for what breaks it."""

    rule: Rule
    check: Callable[[Database], Iterator[Problem]]


def schema_rule(
    id_: str,
    level: Level,
    description: str,
    rationale: str,
    *,
    is_default: bool = True,
) -> Callable[[Callable[[Database], Iterator[Problem]]], SchemaRule]:
    """Make a function the check of a rule; see :class:`kongtask.rules.Rule` for the arguments."""
    rule = Rule(
        id=id_, level=level, description=description, rationale=rationale, is_default=is_default
    )
    return lambda check: SchemaRule(rule=rule, check=check)


def tables(database: Database) -> Iterator[Table]:
    """Yield the tables of all schemas, foreign ones and partitions too."""
    for schema in database.schemas:
        yield from schema.tables
