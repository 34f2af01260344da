"""The revisions one after another: what each object was called then, and who had touched it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from kongtask.schema.diff import Action, title
from kongtask.schema.diff.words import shown, word
from kongtask.schema.docs.view import Happening
from kongtask.schema.history import Event, History, Life
from kongtask.schema.model import Ref

#: Characters of a value that is told in a line; of a longer one the definition tells more.
_LONGEST = 120


class Moment(Struct, kw_only=True):
    """A revision; the next one changes this value.

    Attributes:
        number: the migration's.
        names: of each object and part, by the name that it has now, the last name that it will
            have: what everything here is known under.
        introduced: by last name, the migration that made it.
        touched: by last name, the migration that changed it or a part of it last.
        happenings: what this migration did, by the object that it did it to.
    """

    number: int = 0
    names: dict[Ref, Ref] = {}
    introduced: dict[Ref, int] = {}
    touched: dict[Ref, int] = {}
    happenings: dict[Ref, list[Happening]] = {}


def moments(history: History) -> Iterator[Moment]:
    """Yield the revisions of a history, in order."""
    happened: dict[int, list[tuple[Life, Event]]] = defaultdict(list)
    for life in history.lives.values():
        for event in life.events:
            happened[event.number].append((life, event))
    moment = Moment()
    for revision in history.revisions:
        moment.number = revision.number
        moment.happenings = defaultdict(list)
        _step(moment, happened[revision.number])
        yield moment


def _step(moment: Moment, happened: list[tuple[Life, Event]]) -> None:
    before = dict(moment.names)
    for _, event in happened:
        if event.change.action is Action.REMOVED:
            moment.names.pop(event.change.ref, None)
        if event.former is not None:
            moment.names.pop(event.former, None)
    for life, event in happened:
        if event.change.action is not Action.REMOVED:
            moment.names[event.change.ref] = life.ref
    for life, event in happened:
        owner = event.change.owner
        whole = life.ref if owner is None else moment.names.get(owner, before.get(owner, owner))
        if event.change.action is Action.ADDED:
            moment.introduced[life.ref] = moment.number
        if event.change.action is not Action.CHANGED or not event.is_implied:
            moment.touched[life.ref] = moment.touched[whole] = moment.number
        if not event.is_implied:
            moment.happenings[whole].append(_happening(moment.number, whole, event))


def _happening(number: int, whole: Ref, event: Event) -> Happening:
    change = event.change
    details = [f"{word(x.name)}: {_values(x.old, x.new)}" for x in change.attributes]
    if event.former is not None:
        details.insert(0, f"was {title(event.former)}")
    return Happening(
        number=number,
        action="renamed" if event.former is not None else change.action.value,
        what=title(change.ref),
        ref=whole,
        details=tuple(details),
    )


def _values(old: object, new: object) -> str:
    one, other = shown(old), shown(new)
    if "\n" in one + other or max(len(one), len(other)) > _LONGEST:
        return "another text"
    return f"{one} → {other}"
