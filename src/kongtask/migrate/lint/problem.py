"""What linting finds in a migration."""

from __future__ import annotations

from dataclasses import dataclass

from kongtask.migrate.files import Migration
from kongtask.place import Place
from kongtask.rules import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that a rule found.

    Attributes:
        rule: the rule's id.
        level: how much it matters.
        message: what is wrong, one sentence.
        hint: what to do about it; may be empty.
        migration: the file.
        place: where in the file it is.
        end_line: the last line of what it is about.
        statement_line: the first line of the statement that it is in.
    """

    rule: str
    level: Level
    message: str
    hint: str = ""
    migration: Migration
    place: Place
    end_line: int
    statement_line: int
