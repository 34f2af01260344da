"""What linters look for: a rule, and how much it matters where one is broken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters, the most first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def counts(self) -> bool:
        """Whether a command that finds it ends with exit code 1."""
        return self is not Level.NOTE

    def is_at_least(self, other: Level) -> bool:
        """Tell whether this is as bad as another level, or worse."""
        levels = list(Level)
        return levels.index(self) <= levels.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Something that is looked for.

    Attributes:
        id: its name, in words with dashes.
        level: how much it matters.
        description: what it finds, one sentence.
        rationale: why that matters and what to do, for the reference.
        url: a page that says more, if there is one.
        is_default: whether it is looked for unless it is named.
    """

    id: str
    level: Level
    description: str
    rationale: str = ""
    url: str | None = None
    is_default: bool = True
