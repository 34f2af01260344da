"""A migration made ready to run: its schema's name put in, cut into statements, and looked over.

What would break the promise of one transaction a migration, or works in psql only, is refused
here, before anything runs.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from kongtask.errors import MigrationError
from kongtask.migrate.files import Migration, MigrationSet
from kongtask.migrate.placeholders import Substituted, substitute
from kongtask.migrate.sql_text import Kind, Statement, Token, split_statements, tokenize
from kongtask.place import Place, find_place

_TRANSACTION_WORDS = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "ABORT"})
_TRANSACTION_PHRASES = frozenset({("START", "TRANSACTION"), ("PREPARE", "TRANSACTION")})

#: Outside a transaction these would drop kongtask's lock, hide its note from it, or do nothing.
_SESSION_PHRASES = frozenset(
    {("DISCARD", "ALL"), ("SET", "ROLE"), ("SET", "SESSION"), ("SET", "LOCAL")}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A migration ready to run.

    Attributes:
        migration: the file.
        text: its text with the schema's name in it.
        statements: the statements of that text.
    """

    migration: Migration
    text: Substituted
    statements: tuple[Statement, ...]

    def place(self, offset: int) -> Place:
        """Return the place in the file of an offset in the text that runs."""
        return find_place(self.migration.file, self.migration.text, self.text.origin(offset))


def prepare(migrations: MigrationSet, migration: Migration, schema: str) -> Prepared:
    """Make a migration ready to run.

    Raises:
        UsageError: the schema's name cannot be put into this file.
        MigrationError: the file has an unclosed quotation, psql's meta-commands, statements that
            end its transaction, or COPY from the client.
    """
    text = substitute(
        migration.text, schema,
        placeholders=migrations.placeholders, others=migrations.others, file=migration.file,
    )  # fmt: skip
    tokens = list(tokenize(text.text))
    prepared = Prepared(
        migration=migration, text=text, statements=tuple(split_statements(text.text, tokens))
    )
    for token in tokens:
        _check_token(prepared, token)
    for statement in prepared.statements:
        _check_statement(prepared, statement)
    return prepared


def _check_token(prepared: Prepared, token: Token) -> None:
    if not token.is_closed:
        raise _refused(prepared, token.start, f"this {token.kind.value} does not end")
    if token.kind is Kind.SYMBOL and prepared.text.text[token.start] == "\\":
        raise _refused(
            prepared, token.start,
            "this is a meta-command of psql; a migration holds SQL only, so write out what it does",
        )  # fmt: skip


def _check_statement(prepared: Prepared, statement: Statement) -> None:
    words, is_transactional = statement.words, prepared.migration.is_transactional
    if is_transactional and _controls_transaction(words):
        raise _refused(
            prepared, statement.start,
            f"{words[0]} does not belong in a migration: kongtask opens and closes the transaction",
        )  # fmt: skip
    if not is_transactional and (_controls_transaction(words) or words[:2] in _SESSION_PHRASES):
        raise _refused(
            prepared, statement.start,
            f"{' '.join(words[:2])} does not belong in a --! no-transaction migration, whose "
            "statements stand alone; put what needs it into a migration without that marker",
        )  # fmt: skip
    if words[:1] == ("COPY",) and _copies_with_client(prepared, statement):
        raise _refused(
            prepared, statement.start,
            "COPY from or to the client does not work in a migration; use INSERT, or a server file",
        )  # fmt: skip


def _controls_transaction(words: tuple[str, ...]) -> bool:
    if words[:1] == ("ROLLBACK",) and "TO" in words[1:3]:
        return False  # to a savepoint
    return words[:2] in _TRANSACTION_PHRASES or not _TRANSACTION_WORDS.isdisjoint(words[:1])


def _copies_with_client(prepared: Prepared, statement: Statement) -> bool:
    words = (prepared.text.text[t.start : t.end].upper() for t in statement.tokens)
    return any(pair in {("FROM", "STDIN"), ("TO", "STDOUT")} for pair in itertools.pairwise(words))


def _refused(prepared: Prepared, offset: int, reason: str) -> MigrationError:
    return MigrationError(f"{reason}\n{prepared.place(offset).picture()}")
