"""A row of revisions -> the life of each object: who introduced it, who changed it, who dropped it.

Pure functions of the models; whoever has replayed the migrations brings those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from kongtask.schema.diff import Action, Change, Difference, Scope, compare
from kongtask.schema.diff.inventory import inventory
from kongtask.schema.model import Database, Ref

#: The order of columns follows from which came when, and whose objects they are from where the
#: migrations ran.
SCOPE = Scope(privileges=True, column_order=False)

_NOTHING = Database(schemas=())


class Revision(Struct, frozen=True, kw_only=True):
    """A schema as one migration has left it.

    Attributes:
        number: the migration's number.
        name: the migration's file name.
        database: the schema, and no other.
    """

    number: int
    name: str
    database: Database


class Event(Struct, frozen=True, kw_only=True):
    """What a migration did to one object.

    Attributes:
        number: the migration's number.
        change: what it did; a rename is a change.
        former: what the object was called before, where the migration renamed it.
        is_implied: whether it only follows from what the migration did to the owner: a part that
            came, went or moved with the whole.
    """

    number: int
    change: Change
    former: Ref | None = None
    is_implied: bool = False


class Life(Struct, frozen=True, kw_only=True):
    """What has happened to one object.

    Attributes:
        ref: the object, under its last name.
        owner: the table, view, type or domain that it is a part of.
        events: in order; at least one.
    """

    ref: Ref
    owner: Ref | None
    events: tuple[Event, ...]

    @property
    def introduced(self) -> int:
        """The number of the migration that made it, the last time that it was made."""
        added = [event.number for event in self.events if event.change.action is Action.ADDED]
        return added[-1] if added else self.events[0].number

    @property
    def touched(self) -> int:
        """The number of the last migration that made, changed or dropped it."""
        return self.events[-1].number

    @property
    def is_there(self) -> bool:
        """Whether it exists at the last revision."""
        return self.events[-1].change.action is not Action.REMOVED


class History(Struct, frozen=True, kw_only=True):
    """A schema through all its revisions.

    Attributes:
        revisions: in order; at least one.
        differences: by revision number, what that migration has changed; the first one all.
        lives: each object that ever was, by its last name.
    """

    revisions: tuple[Revision, ...]
    differences: Mapping[int, Difference]
    lives: Mapping[Ref, Life]

    @property
    def latest(self) -> Revision:
        """The last revision."""
        return self.revisions[-1]

    def at(self, number: int) -> Revision:
        """Return a revision by its number.

        Raises:
            KeyError: there is none of that number.
        """
        for revision in self.revisions:
            if revision.number == number:
                return revision
        raise KeyError(number)

    def until(self, number: int) -> History:
        """Return the history as it was at an earlier revision."""
        return make_history(x for x in self.revisions if x.number <= number)


def make_history(revisions: Iterable[Revision]) -> History:
    """Return the history that some revisions in their order make."""
    kept, differences = tuple(revisions), dict[int, Difference]()
    events: dict[Ref, list[Event]] = {}
    owners: dict[Ref, Ref | None] = {}
    before = _NOTHING
    for revision in kept:
        difference = compare(before, revision.database, SCOPE)
        differences[revision.number] = difference
        former = dict(_renamed(difference))
        # What was renamed takes its past along, before anything new can have its old name.
        past = {new: events.pop(old, []) for new, old in former.items()}
        for event in _events(revision.number, difference, former):
            ref = event.change.ref
            owners[ref] = event.change.owner
            events[ref] = [*past.get(ref, events.get(ref, [])), event]
        before = revision.database
    # A part that has a name of its own, as an index has, does not change when its table is renamed.
    owners.update({ref: entry.owner for ref, entry in inventory(before).items()})
    lives = {
        ref: Life(ref=ref, owner=owners[ref], events=tuple(found)) for ref, found in events.items()
    }
    return History(revisions=kept, differences=differences, lives=lives)


def _events(number: int, difference: Difference, former: Mapping[Ref, Ref]) -> Iterator[Event]:
    """Yield what a migration did, a rename as one change."""
    whole = {x.ref: x.action for x in difference.changes if x.action is not Action.CHANGED}
    gone = set(former.values())
    for change in difference.changes:
        old = former.get(change.ref)
        if old is not None:
            moved = old.detail == change.ref.detail and change.owner is not None
            renamed = replace(change, action=Action.CHANGED)
            yield Event(number=number, change=renamed, former=old, is_implied=moved)
        elif change.action is not Action.REMOVED or change.ref not in gone:
            is_implied = change.owner is not None and whole.get(change.owner) is change.action
            yield Event(number=number, change=change, is_implied=is_implied)


def _renamed(difference: Difference) -> Iterator[tuple[Ref, Ref]]:
    """Yield (new, old) of what was renamed: objects, and the parts that went with their owner."""
    renames = {rename.new: rename.old for rename in difference.renames}
    yield from renames.items()
    removed = {x.ref for x in difference.changes if x.action is Action.REMOVED}
    taken = set(renames.values())
    for change in difference.changes:
        if change.owner not in renames or change.ref in renames:
            continue
        owner = renames[change.owner]
        former = replace(change.ref, schema=owner.schema, name=owner.name)
        if former in removed and former not in taken:
            yield change.ref, former
