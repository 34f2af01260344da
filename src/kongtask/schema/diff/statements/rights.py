"""Owners and privileges: what one database has and another has not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from kongtask.schema.model import Database
from kongtask.schema.render.privileges import (
    Granted,
    event_trigger_owners,
    grant_statements,
    granted,
    owner_statements,
)


def owner_changes(old: Database, new: Database, anew: Iterable[str]) -> Iterator[str]:
    """Yield the statements that give objects to other owners.

    Args:
        old: the database as it is.
        new: the database as it is to be.
        anew: names of what was made anew, as ALTER takes them: theirs are said again.
    """
    there = {*owner_statements(old), *event_trigger_owners(old)}
    starts = tuple(f"ALTER {name} OWNER TO" for name in anew)
    for statement in (*owner_statements(new), *event_trigger_owners(new)):
        if statement not in there or statement.startswith(starts):
            yield statement


def privilege_changes(old: Database, new: Database, anew: Iterable[str]) -> Iterator[str]:
    """Yield the statements that revoke and grant what differs.

    Args:
        old: the database as it is.
        new: the database as it is to be.
        anew: names of what was made anew, as GRANT takes them: theirs are granted again.
    """
    before, after, fresh = list(granted(old)), list(granted(new)), frozenset(anew)
    for item in before:
        if item not in after and item.on not in fresh:
            yield from grant_statements(_opposite(item))
    for item in after:
        if item not in before or item.on in fresh:
            yield from grant_statements(item)


def _opposite(item: Granted) -> Granted:
    grant = replace(item.grant, revoked=not item.grant.revoked, grantable=False)
    return item._replace(grant=grant)
