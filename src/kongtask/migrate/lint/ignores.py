"""``-- kongtask: ignore RULE[, RULE]: reason``, on a statement's line or the line before."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from kongtask.migrate.files import Migration
from kongtask.migrate.lint.problem import Problem
from kongtask.migrate.lint.rules import ABOUT_SILENCE, RULES
from kongtask.migrate.sql_text import Kind, tokenize
from kongtask.place import Place, find_place

_COMMENT = re.compile(r"--\s*kongtask:\s*ignore\b([^:]*)(?::(.*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ignore:
    """One comment, and the line that it speaks of."""

    place: Place
    line: int
    rules: tuple[str, ...]
    reason: str


class Ignores:
    """The comments of a migration that silence something."""

    def __init__(self, migration: Migration) -> None:
        self._migration = migration
        self._ignores = list(_read(migration)) if "ignore" in migration.text else []

    def audible(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return the problems that no comment silences."""
        return [x for x in problems if not any(_covers(ignore, x) for ignore in self._ignores)]

    def faults(self, problems: Sequence[Problem], looked_for: Collection[str]) -> Iterator[Problem]:
        """Yield what is wrong with the comments themselves.

        Args:
            problems: all that was found in the migration, what is silenced too.
            looked_for: the rules that were looked for; of others nothing is known.
        """
        for ignore in self._ignores:
            silenced = {problem.rule for problem in problems if _covers(ignore, problem)}
            if not ignore.rules or not ignore.reason:
                yield _problem(
                    self._migration, ignore, "ignore-without-reason",
                    "this does not say why" if ignore.rules else "this does not say what and why",
                )  # fmt: skip
            for rule in ignore.rules:
                if rule not in silenced and (rule in looked_for or rule not in RULES):
                    unknown = "" if rule in RULES else "; perhaps there is no such rule"
                    yield _problem(
                        self._migration, ignore, "ignore-without-effect",
                        f"{rule} is not found here{unknown}",
                    )  # fmt: skip


def _read(migration: Migration) -> Iterator[_Ignore]:
    text = migration.text
    tokens = list(tokenize(text))
    for number, token in enumerate(tokens):
        if token.kind is not Kind.COMMENT:
            continue
        match = _COMMENT.fullmatch(text[token.start : token.end].rstrip())
        if match is None:
            continue
        place = find_place(migration.file, text, token.start)
        line = place.line
        if not place.content[: place.column - 1].strip():
            # Alone on its line, it speaks of the next line that holds anything but comments.
            following = (x for x in tokens[number + 1 :] if x.kind is not Kind.COMMENT)
            line = find_place(migration.file, text, next(following, token).start).line
        rules = tuple(match[1].replace(",", " ").split())
        yield _Ignore(place=place, line=line, rules=rules, reason=(match[2] or "").strip())


def _covers(ignore: _Ignore, problem: Problem) -> bool:
    return (
        problem.rule in ignore.rules
        and problem.rule not in ABOUT_SILENCE
        and (
            ignore.line == problem.statement_line
            or problem.place.line <= ignore.line <= problem.end_line
        )
    )


def _problem(migration: Migration, ignore: _Ignore, rule: str, message: str) -> Problem:
    return Problem(
        rule=rule,
        level=RULES[rule].level,
        message=message,
        hint="the form is -- kongtask: ignore RULE[, RULE]: reason"
        if rule == "ignore-without-reason"
        else "take it away, or mend its name",
        migration=migration,
        place=ignore.place,
        end_line=ignore.place.line,
        statement_line=ignore.place.line,
    )
