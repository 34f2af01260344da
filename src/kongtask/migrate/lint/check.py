"""Linting some migrations: squawk's rules and our own, without what is silenced in the files."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from kongtask.migrate.files import Migration, MigrationSet
from kongtask.migrate.lint.ignores import Ignores
from kongtask.migrate.lint.own import own_problems, unmarked
from kongtask.migrate.lint.problem import Problem
from kongtask.migrate.lint.rules import ADMITTED, RULES, rule_of
from kongtask.migrate.lint.squawk import Violation, violations
from kongtask.migrate.prepared import Prepared, prepare


def lint(
    migrations: MigrationSet,
    chosen: Sequence[Migration],
    schema: str,
    *,
    major: int,
    rules: Collection[str],
) -> Iterator[Problem]:
    """Yield what is wrong with some migrations, file by file.

    Args:
        migrations: the set that they are of.
        chosen: the migrations.
        schema: the schema that they are for; its name is put in before squawk reads them.
        major: the version of PostgreSQL that they are for.
        rules: the ids that are looked for; squawk's that kongtask does not know always are.

    Raises:
        UsageError: squawk is not installed, or the schema's name cannot be put into a file.
        MigrationError: a file could not be run.
    """
    ready = [prepare(migrations, migration, schema) for migration in chosen]
    said: defaultdict[int, list[Violation]] = defaultdict(list)
    for prepared, violation in violations(ready, major):
        said[prepared.migration.number].append(violation)
    for prepared in ready:
        mapped = _mapped(prepared, said[prepared.migration.number])
        yield from _judged(prepared, [*mapped, *own_problems(prepared)], rules)


def _judged(
    prepared: Prepared, problems: Sequence[Problem], rules: Collection[str]
) -> Iterator[Problem]:
    """Yield the problems that are looked for and not silenced, in the order of the file."""
    migration, ignores = prepared.migration, Ignores(prepared.migration)
    # What breaks programs does so whether or not its rule is looked for.
    marks = unmarked(prepared, ignores.audible(problems))
    found = [
        problem
        for problem in (*problems, *marks)
        if (problem.rule in rules or problem.rule not in RULES)
        and not (migration.is_breaking and problem.rule in ADMITTED)
    ]
    kept = ignores.audible(found)
    kept += (x for x in ignores.faults(found, rules) if x.rule in rules)
    yield from sorted(kept, key=lambda problem: (problem.place.line, problem.place.column))


def _mapped(prepared: Prepared, said: Iterable[Violation]) -> Iterator[Problem]:
    """Yield what squawk says with its places in the file."""
    text = prepared.text.text
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    starts = [statement.start for statement in prepared.statements]

    def offset(line: int, column: int) -> int:
        # A character has one byte at least, so that many characters are enough to hold the column.
        part = text[lines[line] : lines[line] + column].encode()
        return lines[line] + len(part[:column].decode(errors="ignore"))

    for violation in said:
        start = offset(violation.line, violation.column)
        end = offset(violation.line_end, violation.column_end)
        place = prepared.place(start)
        number = bisect_right(starts, start) - 1
        yield Problem(
            rule=violation.rule_name,
            level=rule_of(violation.rule_name).level,
            message=" ".join(violation.message.split()),
            hint=" ".join((violation.help or "").split()),
            migration=prepared.migration,
            place=place,
            end_line=max(prepared.place(max(end - 1, start)).line, place.line),
            statement_line=prepared.place(starts[number]).line if number >= 0 else place.line,
        )
