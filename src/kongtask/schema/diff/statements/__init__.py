"""The statements that turn one database into another."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kongtask.database.connection import NEWEST_MAJOR
from kongtask.schema.diff.compare import EVERYTHING_BUT_RIGHTS, Scope
from kongtask.schema.diff.statements.plan import Plan
from kongtask.schema.diff.statements.rights import owner_changes, privilege_changes
from kongtask.schema.diff.statements.states import states
from kongtask.schema.model import Database, DatabaseObject, Schema, SchemaObject
from kongtask.schema.render import CLOSING, OPENING
from kongtask.schema.render.targets import grant_target, target

__all__ = ["Script", "script"]


class Script(Struct, frozen=True, kw_only=True):
    """Statements that turn one database into another.

    Attributes:
        statements: each with its semicolon, in an order that runs; none where nothing differs.
        unclosed: sentences about differences that they do not close.
    """

    statements: tuple[str, ...] = ()
    unclosed: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Loadable SQL; the empty text where there is nothing to do."""
        notes = "".join(f"-- not closed: {sentence}\n" for sentence in self.unclosed)
        if not self.statements:
            return notes
        return notes + "\n\n".join((OPENING, "\n".join(self.statements), CLOSING)) + "\n"


def script(
    old: Database,
    new: Database,
    scope: Scope = EVERYTHING_BUT_RIGHTS,
    *,
    major: int = NEWEST_MAJOR,
    keep_rights: bool = False,
) -> Script:
    """Return the statements that turn one database into another.

    Each is safe to run by itself, one after the other. An enum's new label cannot be used in the
    transaction that adds it; all else can run in one.

    Args:
        old: the database as it is.
        new: the database as it is to be.
        scope: what counts as a difference.
        major: the major version of the server that they are for.
        keep_rights: give what is made anew its old owner and grants, where the scope does not say
            what they are to be.
    """
    before, after = states(old, new)
    plan = Plan(before, after, scope, major)
    made = [before.steps[key].item for key in plan.anew if key in before.steps]
    anew = [x for x in made if isinstance(x, SchemaObject | DatabaseObject | Schema)]
    return Script(
        statements=(*plan.statements(), *_rights(old, new, scope, anew, keep_rights=keep_rights)),
        unclosed=tuple(plan.unclosed),
    )


def _rights(
    old: Database,
    new: Database,
    scope: Scope,
    anew: list[SchemaObject | DatabaseObject | Schema],
    *,
    keep_rights: bool,
) -> Iterator[str]:
    owned, granted = [target(item) for item in anew], [grant_target(item) for item in anew]
    if scope.owners:
        yield from owner_changes(old, new, owned)
    elif keep_rights:
        yield from owner_changes(old, old, owned)
    if scope.privileges:
        yield from privilege_changes(old, new, granted)
    elif keep_rights:
        yield from privilege_changes(old, old, granted)
