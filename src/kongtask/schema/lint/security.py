"""Rules about row security and the rights of functions and views."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.rules import Level
from kongtask.schema.lint.rule import Problem, schema_rule, tables
from kongtask.schema.model import Database, Kind

#: Languages whose functions look up no names when they run.
_NAMELESS = frozenset({"c", "internal"})

_ON = frozenset({"true", "on", "yes", "1"})


@schema_rule(
    "rls-without-policy",
    Level.WARNING,
    "A table has row security and no policy.",
    "Nobody but its owner, and roles that bypass row security, then sees or writes any row. That "
    "may be meant; more often, a policy was forgotten or dropped.",
)
def rls_without_policy(database: Database) -> Iterator[Problem]:
    """Find tables that row security closes entirely."""
    for table in tables(database):
        if table.row_security and not table.policies and not table.is_partition:
            yield Problem(
                ref=table.ref,
                message="has row security and no policy: only its owner gets at the rows",
                hint="create a policy, or silence this if that is meant",
            )


@schema_rule(
    "policy-without-rls",
    Level.WARNING,
    "A table has policies, and row security is not enabled.",
    "The policies do nothing: everybody with rights on the table sees all rows.",
)
def policy_without_rls(database: Database) -> Iterator[Problem]:
    """Find policies that nobody asks."""
    for table in tables(database):
        if table.policies and not table.row_security:
            yield Problem(
                ref=table.ref,
                message="has policies that do nothing, because its row security is not enabled",
                hint="enable it: alter table … enable row level security",
            )


@schema_rule(
    "definer-without-search-path",
    Level.WARNING,
    "A SECURITY DEFINER function does not set its search_path.",
    "It runs with its owner's rights and looks names up in the caller's search_path: a caller can "
    "put an object of their own in the way and have it used with the owner's rights. Functions "
    "with an SQL-standard body are safe, as their names are looked up when they are made.",
)
def definer_without_search_path(database: Database) -> Iterator[Problem]:
    """Find functions that look names up where their caller says, with their owner's rights."""
    for schema in database.schemas:
        for routine in schema.routines:
            if not routine.security_definer or routine.sql_body is not None:
                continue
            if routine.language in _NAMELESS or "search_path" in dict(routine.settings):
                continue
            yield Problem(
                ref=routine.ref,
                message="is SECURITY DEFINER and does not set its search_path",
                hint=f"alter {routine.kind.lower()} … set search_path = …, pg_temp",
            )


@schema_rule(
    "view-bypasses-rls",
    Level.NOTE,
    "A view shows a table with row security, with the rights of the view's owner.",
    "The policies see the view's owner and not the one who asks. If that is not meant, make the "
    "view with security_invoker = true (from PostgreSQL 15).",
)
def view_bypasses_rls(database: Database) -> Iterator[Problem]:
    """Find views through which policies see somebody else."""
    guarded = {table.ref for table in tables(database) if table.row_security}
    for schema in database.schemas:
        for view in schema.views:
            found = sorted(ref.name for ref in view.requires & guarded)
            if view.kind is Kind.VIEW and found and not _invokes(view.options):
                yield Problem(
                    ref=view.ref,
                    message=f"shows {', '.join(found)} with its owner's rights: the policies there "
                    "do not see who asks",
                    hint="alter view … set (security_invoker = true)",
                )


def _invokes(options: tuple[str, ...]) -> bool:
    given = dict(option.split("=", 1) for option in options if "=" in option)
    return given.get("security_invoker", "").lower() in _ON
