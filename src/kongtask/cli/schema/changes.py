"""A difference as findings: what a code host shows beside the lines of the committed export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from kongtask.cli.finding import Finding
from kongtask.cli.schema.places import Places
from kongtask.cli.schema.report import attribute_sentence, impact_sentences
from kongtask.rules import Level, Rule
from kongtask.schema.diff import Action, Change, Difference, title

_WORDS = {Action.ADDED: "was added", Action.REMOVED: "was removed", Action.CHANGED: "differs"}

#: What the findings are called, by their ids.
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        f"schema-{action.value}": Rule(
            id=f"schema-{action.value}",
            level=Level.WARNING,
            description=f"An object {_WORDS[action]}; an error where that destroys data.",
        )
        for action in Action
    }
)


def findings_of(difference: Difference, old: Places, new: Places) -> Iterator[Finding]:
    """Yield a finding for each object that differs.

    Args:
        difference: what differs.
        old: where the first side's objects stand; those that were removed are shown there.
        new: where the second side's stand.
    """
    for change in difference.top():
        places = old if change.action is Action.REMOVED else new
        spot = places.spot(change.ref, change.owner)
        yield Finding(
            rule=f"schema-{change.action.value}",
            level=Level.ERROR if change.impact.destroys else Level.WARNING,
            message=_message(change),
            hint="; ".join(impact_sentences(change.impact)),
            file=spot.file if spot else None,
            line=spot.line if spot else None,
            source=spot.source if spot else None,
            object=title(change.ref),
        )


def _message(change: Change) -> str:
    sentence = f"{title(change.ref)} {_WORDS[change.action]}"
    if not change.attributes:
        return sentence
    return f"{sentence}: {'; '.join(attribute_sentence(item) for item in change.attributes)}"
