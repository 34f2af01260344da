"""Rules about what somebody began and did not finish, and about types with a catch."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.rules import Level
from kongtask.schema.lint.rule import Problem, schema_rule, tables
from kongtask.schema.model import Constraint, Database, Domain, Kind, Table

_VALIDATE = "check the rows: alter table … validate constraint …"


@schema_rule(
    "unvalidated-constraint",
    Level.WARNING,
    "A constraint was left NOT VALID.",
    "New rows keep it, and old ones may not; the planner does not rely on it. Adding a constraint "
    "as NOT VALID is the first of two steps, and VALIDATE CONSTRAINT the second. Constraints that "
    "are NOT ENFORCED on purpose do not count.",
)
def unvalidated_constraint(database: Database) -> Iterator[Problem]:
    """Find constraints that old rows may break."""
    for table in tables(database):
        yield from _unvalidated(table, table.constraints)
        for column in [] if table.is_partition else table.columns:
            if column.not_null is not None and not column.not_null.valid:
                yield Problem(
                    ref=table.part(Kind.COLUMN, column.name),
                    owner=table.ref,
                    message="has a NOT NULL that was never validated: old rows may hold NULL",
                    hint=_VALIDATE,
                )
    for schema in database.schemas:
        for domain in schema.domains:
            yield from _unvalidated(domain, domain.constraints)


@schema_rule(
    "disabled-trigger",
    Level.WARNING,
    "A trigger or a rule is disabled.",
    "It was probably disabled for a bulk load, and what it keeps is not kept since. Enable it, or "
    "drop it.",
)
def disabled_trigger(database: Database) -> Iterator[Problem]:
    """Find triggers and rules that never fire."""
    for schema in database.schemas:
        for relation in schema.relations():
            for kind, parts in ((Kind.TRIGGER, relation.triggers), (Kind.RULE, relation.rules)):
                for part in parts:
                    if part.enabled == "D":
                        yield Problem(
                            ref=relation.part(kind, part.name),
                            owner=relation.ref,
                            message="is disabled",
                            hint=f"enable it: alter table … enable {kind.lower()} …; or drop it",
                        )


@schema_rule(
    "timestamp-without-time-zone",
    Level.NOTE,
    "A column holds timestamps without a time zone.",
    "Such a value says what a clock on a wall showed and not when: which moment it is depends on "
    "who reads it. For moments, take timestamp with time zone.",
    is_default=False,
)
def timestamp_without_time_zone(database: Database) -> Iterator[Problem]:
    """Find columns of tables whose type forgets the time zone."""
    for table in tables(database):
        for column in [] if table.is_partition else table.columns:
            if column.type.startswith("timestamp") and "without time zone" in column.type:
                yield Problem(
                    ref=table.part(Kind.COLUMN, column.name),
                    owner=table.ref,
                    message=f"is a {column.type}",
                    hint="take timestamp with time zone if it means a moment",
                )


def _unvalidated(owner: Table | Domain, constraints: tuple[Constraint, ...]) -> Iterator[Problem]:
    for constraint in constraints:
        if constraint.valid or constraint.definition.endswith(" NOT ENFORCED"):
            continue
        if constraint.parent is None:
            yield Problem(
                ref=owner.part(Kind.CONSTRAINT, constraint.name),
                owner=owner.ref,
                message="was never validated: old rows may break it",
                hint=_VALIDATE,
            )
