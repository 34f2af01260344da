"""What a verification found, as findings beside the lines of the committed export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from kongtask.cli.finding import Finding
from kongtask.cli.schema.checks import Check
from kongtask.cli.schema.places import Places
from kongtask.cli.schema.report import drift_sentence
from kongtask.rules import Level, Rule
from kongtask.schema.diff import title

if TYPE_CHECKING:
    from kongtask.settings import Settings

#: What the findings are called, by their ids.
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.id: rule
        for rule in (
            Rule(
                id="schema-drift",
                level=Level.ERROR,
                description="An object is not what the migrations have made of it.",
            ),
            Rule(
                id="schema-export",
                level=Level.ERROR,
                description="The committed export is not what the migrations make.",
            ),
            Rule(
                id="schema-versions",
                level=Level.ERROR,
                description="The exports by revision are not what the migrations make.",
            ),
            Rule(
                id="schema-database",
                level=Level.ERROR,
                description="A database cannot be compared with what its revision should be.",
            ),
        )
    }
)


def findings_of_checks(checks: Iterable[Check], settings: Settings) -> Iterator[Finding]:
    """Yield a finding for each object that is not as it should be.

    A check that failed as a whole is one finding.

    Args:
        checks: what was verified.
        settings: the project's.
    """
    for check in checks:
        if not check.is_good:
            yield from _findings(check, settings)


def _findings(check: Check, settings: Settings) -> Iterator[Finding]:
    drifts = check.verdict.drifts if check.verdict else ()
    if not drifts or check.expected is None:
        yield Finding(
            rule=f"schema-{check.name}", level=Level.ERROR, message=check.sentence,
            hint=check.advice, file=check.file, line=1 if check.file else None,
        )  # fmt: skip
        return
    places = Places(check.expected, settings)
    for drift in drifts:
        spot = places.spot(drift.change.ref, drift.change.owner)
        yield Finding(
            rule="schema-drift", level=Level.ERROR, message=drift_sentence(drift),
            hint=check.advice, file=spot.file if spot else None, line=spot.line if spot else None,
            source=spot.source if spot else None, object=title(drift.change.ref),
        )  # fmt: skip
