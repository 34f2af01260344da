"""The table of a campaign: a row for each kind of fault, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_BEGIN, _END = "<!-- chaos: this table is written by make chaos -->", "<!-- chaos: end -->"

_HEAD = (
    "| Faults | Seeds | Jobs | Kills | Violations | Recovery p50 | p99 | max |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a kind of fault has come to.

    Attributes:
        faults: its name.
        seeds: how many runs there were.
        jobs: that ran in them.
        kills: workers that were killed.
        violations: what was wrong.
        recoveries: seconds.
    """

    faults: str
    seeds: int
    jobs: int
    kills: int
    violations: int
    recoveries: Sequence[float]

    def __str__(self) -> str:
        """Return the row of the table."""
        shares = [percentile(self.recoveries, share) for share in (0.5, 0.99, 1.0)]
        seconds = ["" if found is None else f"{found:.2f} s" for found in shares]
        numbers = [self.seeds, f"{self.jobs:,}", self.kills, self.violations]
        return f"| {' | '.join(str(cell) for cell in [self.faults, *numbers, *seconds])} |"


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value that a share of all do not exceed; None of none."""
    if not values:
        return None
    return sorted(values)[max(0, round(share * len(values)) - 1)]


def table(rows: Sequence[Row]) -> str:
    """Return the table."""
    return "\n".join([*_HEAD, *(str(row) for row in rows)])


def write_into(page: Path, rows: Sequence[Row]) -> None:
    """Put rows into the table of a page; rows of other faults stay.

    Raises:
        ValueError: the page has no place for it.
    """
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    old, end, after = rest.partition(_END)
    if not end:
        raise ValueError(f"{page} has no lines {_BEGIN} and {_END}")
    lines: Mapping[str, str] = {
        line.split("|")[1].strip(): line for line in old.splitlines()[3:] if line.startswith("|")
    } | {row.faults: str(row) for row in rows}
    found = "\n".join([*_HEAD, *lines.values()])
    page.write_text(f"{before}{_BEGIN}\n{found}\n{_END}{after}", encoding="utf-8")
