"""``--! no-transaction``: statement by statement, and how a run that died halfway is resumed.

A session advisory lock keeps a second run out. The note ``migrations_unfinished`` tells how far
the file came. Each statement runs in a transaction of its own, together with its note, so that the
two agree whatever dies in between. Only a statement that PostgreSQL will not have in a transaction
(``CREATE INDEX CONCURRENTLY``, ``VACUUM``, a procedure that commits) is noted before it runs and
after: if the run dies with such a statement under way, the next one finds it in doubt. For an index
the catalog knows the answer; anything else is said and run again.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from kongtask.database.connection import Connection, compose
from kongtask.errors import MigrationError
from kongtask.migrate.events import Report, Resumed, Waiting, Warned
from kongtask.migrate.files import MigrationSet
from kongtask.migrate.indexes import find_index, parse_concurrent_index
from kongtask.migrate.ledger import Note, read_ledger, record_sql
from kongtask.migrate.prepared import Prepared
from kongtask.migrate.session import (
    StatementFailed,
    execute,
    milliseconds,
    run_statement,
    search_path,
    transaction,
    with_retries,
)
from kongtask.migrate.sql_text import Statement, split_statements

#: Not in a transaction block; or a procedure that commits, called in one.
_WANTS_TO_BE_ALONE = frozenset({"25001", "2D000"})

#: These change the session alone, so a resumed run needs them again.
_SESSION_WORDS = frozenset({"SET", "RESET"})


def mutex_key(schema: str) -> int:
    """Return the advisory lock that guards the files without a transaction of a schema."""
    digest = hashlib.sha256(f"kongtask migrate {schema}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def statement_sum(statement: Statement) -> str:
    """Return what the note remembers of a statement that is done."""
    return hashlib.sha256(statement.text.encode()).hexdigest()


def apply_unfinished(
    connection: Connection,
    migrations: MigrationSet,
    prepared: Prepared,
    schema: str,
    *,
    lock_timeout: float,
    report: Report,
) -> bool:
    """Run a ``--! no-transaction`` migration, or what is left of it.

    Args:
        connection: a session to be closed afterwards; the lock and the file's SETs end with it.
        migrations: the set that the migration is of.
        prepared: the migration.
        schema: the schema.
        lock_timeout: for the statements that run in a transaction, in seconds.
        report: told about waiting and resuming.

    Returns:
        False if somebody else has applied it in the meantime.

    Raises:
        StatementFailed: the server refused a statement; those before it stay done.
        MigrationError: the file's statements that are done are not those of the note.
    """
    _wait_for_mutex(connection, schema, report)
    ledger = read_ledger(connection, schema)
    if ledger.row(prepared.migration.number):
        return False
    run = _Run(
        connection=connection, prepared=prepared, schema=schema,
        lock_timeout=lock_timeout, report=report,
    )  # fmt: skip
    run.start(ledger.note)
    with transaction(connection):
        execute(connection, record_sql(schema, migrations, prepared.migration))
        connection.execute(compose("drop table {schema}.migrations_unfinished", schema=schema))
    return True


def check_note(prepared: Prepared, note: Note | None) -> None:
    """Hold a file against the note of an unfinished run.

    Raises:
        MigrationError: the note is of another migration, or of other statements, or the file runs
            in a transaction now.
    """
    if note is None:
        return
    name, done = prepared.migration.name, len(note.done)
    if note.number != prepared.migration.number:
        raise MigrationError(
            f"migration {note.number:06}.sql was begun and not finished, so {name} cannot run "
            f"before it; apply that file first"
        )
    if prepared.migration.is_transactional and (done or note.running):
        raise MigrationError(
            f"{name} was begun outside a transaction, and {done} of its statements are done; "
            "put its first line back: --! no-transaction"
        )
    now = tuple(statement_sum(statement) for statement in prepared.statements[:done])
    if now != note.done:
        raise MigrationError(
            f"the first {done} statements of {name} have run, but not in the form that the file "
            "has now; restore them, and change only what comes after them"
        )


def resume_hint(prepared: Prepared, failed: StatementFailed) -> str:
    """Say what a failure in the middle of the file has left behind."""
    numbers = {statement.start: n for n, statement in enumerate(prepared.statements)}
    done = numbers[failed.statement.start] if failed.statement else len(numbers)
    index = failed.statement and parse_concurrent_index(failed.statement)
    return (
        f"{done} of {len(numbers)} statements are done and stay; "
        "mend the rest, and the next run goes on behind them"
    ) + (f", after dropping what this one left of the index {index.name}" if index else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    connection: Connection
    prepared: Prepared
    schema: str
    lock_timeout: float
    report: Report

    def start(self, note: Note | None) -> None:
        """Run every statement that is not done yet."""
        check_note(self.prepared, note)
        if note is None:
            self._make_note()
        else:
            self.report(
                Resumed(
                    migration=self.prepared.migration,
                    done=len(note.done),
                    statements=len(self.prepared.statements),
                )
            )
        self._set_up()
        done = len(note.done) if note else 0
        for number, statement in enumerate(self.prepared.statements):
            if number < done:
                if statement.words[:1] and statement.words[0] in _SESSION_WORDS:
                    run_statement(self.connection, statement)
                continue
            in_doubt = note.running if note and number == done else None
            if in_doubt is None or not self._turns_out_done(statement, in_doubt):
                self._run(statement)

    def _make_note(self) -> None:
        create = (
            "create table if not exists {schema}.migrations_unfinished ("
            "id int primary key, began timestamptz not null default now(), "
            "done text[] not null default '{{}}', running text)"
        )
        insert = "insert into {schema}.migrations_unfinished (id) values (%s)"
        with transaction(self.connection):
            self.connection.execute(compose(create, schema=self.schema))
            self.connection.execute(
                compose(insert, schema=self.schema), [self.prepared.migration.number]
            )

    def _set_up(self) -> None:
        self.connection.execute(
            "select pg_catalog.set_config('search_path', %s, false), "
            "pg_catalog.set_config('standard_conforming_strings', 'on', false)",
            [search_path(self.schema)],
        )

    def _run(self, statement: Statement) -> None:
        try:
            with_retries(lambda: self._run_in_transaction(statement), self._tell)
        except StatementFailed as failed:
            if failed.error.sqlstate not in _WANTS_TO_BE_ALONE:
                raise
            self._run_alone(statement)

    def _run_in_transaction(self, statement: Statement) -> None:
        with transaction(self.connection):
            # A timeout that the file or the role has set is not ours to change.
            self.connection.execute(
                "select pg_catalog.set_config('lock_timeout', %s, true) "
                "where pg_catalog.current_setting('lock_timeout') = '0'",
                [milliseconds(self.lock_timeout)],
            )
            run_statement(self.connection, statement)
            self._note_done(statement)

    def _run_alone(self, statement: Statement) -> None:
        # No lock_timeout: building an index concurrently waits for every old transaction, blocks
        # nobody's reads and writes meanwhile, and starts from nothing when it is broken off.
        self._note("running = %s", statement.text)
        run_statement(self.connection, statement)
        index = parse_concurrent_index(statement)
        found = index and find_index(self.connection, index)
        if found and not found.is_valid:
            raise MigrationError(
                f"{self.prepared.migration.name}: there is an invalid index {found.name} from an "
                "earlier attempt, so IF NOT EXISTS made none; drop it: "
                f"drop index concurrently {found.name}"
            )
        self._note_done(statement)

    def _turns_out_done(self, statement: Statement, in_doubt: str) -> bool:
        """Clear up after a statement that was under way when the run before ended.

        Returns:
            True if the statement has taken effect.
        """
        (begun,) = split_statements(in_doubt)
        index = parse_concurrent_index(begun)
        found = index and find_index(self.connection, index)
        if found and not found.is_valid:
            self._warn(f"dropping the invalid index {found.name} that the run before left")
            execute(self.connection, f"drop index concurrently {found.name}")
        elif found and in_doubt == statement.text:
            self._warn(f"the index {found.name} is complete; the run before ended right after it")
            self._note_done(statement)
            return True
        elif index is None:
            self._warn(
                "this statement was under way when the run before ended, and may have taken "
                f"effect; it runs again\n{self.prepared.place(statement.start).picture()}"
            )
        return False

    def _note_done(self, statement: Statement) -> None:
        self._note("done = done || %s::text, running = null", statement_sum(statement))

    def _note(self, assignment: str, value: str) -> None:
        text = f"update {{schema}}.migrations_unfinished set {assignment}"
        self.connection.execute(compose(text, schema=self.schema), [value])

    def _warn(self, text: str) -> None:
        self.report(Warned(text=f"{self.prepared.migration.name}: {text}"))

    def _tell(self, why: str) -> None:
        self.report(Waiting(why=why))


def _wait_for_mutex(connection: Connection, schema: str, report: Report) -> None:
    """Poll for the lock: a session that waits inside a statement would hold a snapshot.

    The holder may be building an index concurrently, which waits for all snapshots: a deadlock.
    """
    key = mutex_key(schema)
    told = False
    while True:
        row = connection.execute("select pg_catalog.pg_try_advisory_lock(%s)", [key]).fetchone()
        if row and row[0]:
            return
        if not told:
            report(Waiting(why=_who_holds(connection, key)))
            told = True
        time.sleep(0.2)


def _who_holds(connection: Connection, key: int) -> str:
    row = connection.execute(
        "select pid from pg_catalog.pg_locks where locktype = 'advisory' and granted "
        "and objsubid = 1 and database = (select oid from pg_catalog.pg_database "
        "where datname = pg_catalog.current_database()) "
        "and (classid::bigint << 32) | objid::bigint = %s",
        [key],
    ).fetchone()
    who = f"the server process {row[0]}" if row else "another session"
    return f"{who} runs a --! no-transaction migration of this schema; waiting for it to end"
