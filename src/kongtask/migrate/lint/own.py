"""What kongtask knows of migrations that squawk does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kongtask.migrate.lint.problem import Problem
from kongtask.migrate.lint.rules import BREAKING, RULES
from kongtask.migrate.prepared import Prepared
from kongtask.migrate.sql_text import Kind, Statement

#: Statements that only run outside a transaction, by their first words.
_NEVER = (
    ("VACUUM",), ("CREATE", "DATABASE"), ("DROP", "DATABASE"), ("CREATE", "TABLESPACE"),
    ("DROP", "TABLESPACE"), ("ALTER", "SYSTEM"), ("REINDEX", "DATABASE"), ("REINDEX", "SYSTEM"),
    ("REINDEX", "SCHEMA"),
)  # fmt: skip

#: Statements that do so where CONCURRENTLY stands in them.
_WHEN_CONCURRENT = (
    ("CREATE", "INDEX"), ("CREATE", "UNIQUE", "INDEX"), ("DROP", "INDEX"), ("REINDEX",),
    ("ALTER", "TABLE"),
)  # fmt: skip

#: What belongs to the session and not to the statements.
_SETTINGS = frozenset({("SET",), ("RESET",)})

#: A procedure may commit, and nobody knows before it does.
_MAY_COMMIT = frozenset({("CALL",), ("DO",)})


def own_problems(prepared: Prepared) -> Iterator[Problem]:
    """Yield what a migration's statements say about its transaction."""
    statements = [x for x in prepared.statements if x.words[:1] not in _SETTINGS]
    if prepared.migration.is_transactional:
        for statement in filter(needs_no_transaction, statements):
            yield _problem(
                prepared, statement, "not-in-transaction",
                "PostgreSQL refuses this statement in a transaction",
                "put it into a file of its own with --! no-transaction on its first line",
            )  # fmt: skip
    elif len(statements) > 1:
        yield _problem(
            prepared, statements[1], "several-without-transaction",
            f"this file has {len(statements)} statements and no transaction: should one fail, "
            "those before it stay done",
            "give each statement a file of its own",
        )  # fmt: skip
    elif statements and not _may_want_none(statements[0]):
        yield _problem(
            prepared, statements[0], "needless-no-transaction",
            "this statement can have a transaction",
            "take --! no-transaction away",
        )  # fmt: skip


def unmarked(prepared: Prepared, problems: Sequence[Problem]) -> Iterator[Problem]:
    """Yield that a migration is not marked as breaking, if something that is left in it breaks.

    Args:
        prepared: the migration.
        problems: what was found in it, without what is silenced.
    """
    breaking = [problem for problem in problems if problem.rule in BREAKING]
    if prepared.migration.is_breaking or not breaking:
        return
    first = min(breaking, key=lambda problem: (problem.place.line, problem.place.column))
    rule = RULES["breaking-not-marked"]
    yield Problem(
        rule=rule.id,
        level=rule.level,
        message=f"this may break programs in use ({first.rule}), and the file is not marked so",
        hint="write --! breaking on its first line, or silence "
        f"{first.rule} with the reason why nothing breaks",
        migration=prepared.migration,
        place=first.place,
        end_line=first.end_line,
        statement_line=first.statement_line,
    )


def needs_no_transaction(statement: Statement) -> bool:
    """Tell whether PostgreSQL refuses a statement in a transaction."""
    words = statement.words
    if any(words[: len(phrase)] == phrase for phrase in _NEVER):
        return True
    return "CONCURRENTLY" in _bare_words(statement) and any(
        words[: len(phrase)] == phrase for phrase in _WHEN_CONCURRENT
    )


def _may_want_none(statement: Statement) -> bool:
    """Tell whether a statement has, or may have, a reason to stand outside a transaction."""
    return needs_no_transaction(statement) or statement.words[:1] in _MAY_COMMIT


def _bare_words(statement: Statement) -> set[str]:
    return {
        statement.text[token.start - statement.start : token.end - statement.start].upper()
        for token in statement.tokens
        if token.kind is Kind.WORD
    }


def _problem(
    prepared: Prepared, statement: Statement, rule: str, message: str, hint: str
) -> Problem:
    place = prepared.place(statement.start)
    end = prepared.place(statement.start + len(statement.text) - 1)
    return Problem(
        rule=rule,
        level=RULES[rule].level,
        message=message,
        hint=hint,
        migration=prepared.migration,
        place=place,
        end_line=end.line,
        statement_line=place.line,
    )
