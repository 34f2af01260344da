"""Applying migrations, alone or beside any number of other installers."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from functools import partial

import psycopg

from kongtask.database.connection import (
    Connection,
    Target,
    connect_when_ready,
    describe,
    failure,
)
from kongtask.migrate.events import (
    Applied,
    Connected,
    Event,
    Noticed,
    Overtaken,
    Report,
    Started,
    Waiting,
    Warned,
)
from kongtask.migrate.files import Migration, MigrationSet
from kongtask.migrate.ledger import Ledger, announce_sql, record_sql
from kongtask.migrate.make_ledger import complete_ledger, make_ledger
from kongtask.migrate.plan import Plan, check_target_schema, make_plan
from kongtask.migrate.prepared import Prepared, prepare
from kongtask.migrate.session import (
    RESET,
    StatementFailed,
    execute,
    explain,
    run_statement,
    set_locally,
    transaction,
    with_retries,
)
from kongtask.migrate.settle import settled_ledger
from kongtask.migrate.unfinished import apply_unfinished, check_note, resume_hint

#: Seconds that a migration waits for a lock before it steps back and lets the others through.
LOCK_TIMEOUT = 5.0

#: How often somebody else may be seen making the schema and its ledger before that is an error.
_MOST_COLLISIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run did.

    Attributes:
        schema: the schema.
        previous: its revision before; 0 for none.
        revision: its revision now, by whomever.
        applied: the numbers of the migrations that this run applied.
        warnings: what the user should know.
        seconds: how long it took.
    """

    schema: str
    previous: int
    revision: int
    applied: tuple[int, ...]
    warnings: tuple[str, ...]
    seconds: float


def migrate(
    target: Target,
    migrations: MigrationSet,
    schema: str,
    *,
    to: int | None = None,
    wait: float = 0,
    lock_timeout: float = LOCK_TIMEOUT,
    report: Report | None = None,
) -> Outcome:
    """Bring a schema up to date; any number of processes may do so at once.

    Args:
        target: the database.
        migrations: the set; :func:`worker_migrations` or :func:`load_migrations` gives one.
        schema: the schema that they are for; made if it does not exist.
        to: the last migration to apply; the latest if None.
        wait: how long to wait for the server to answer, in seconds.
        lock_timeout: how long a migration waits for a lock at a time, in seconds; 0 for ever.
        report: told what happens, as it happens.

    Returns:
        What was done; with nothing to do, ``applied`` is empty.

    Raises:
        UsageError: the name cannot be a schema's, or cannot be put into these files.
        ConnectionFailedError: no server, a refused login, or a lost connection.
        MigrationFailedError: a statement failed; its migration was rolled back.
        BreakingRevisionError: the schema has a newer breaking revision.
        MigrationError: the files or the ledger are not as they must be.
        DatabaseFailedError: the server refused something else, for lack of rights for instance.
    """
    installer = _Installer(
        target=target, migrations=migrations, schema=check_target_schema(schema), to=to,
        wait=wait, lock_timeout=lock_timeout, report=report or _say_nothing,
    )  # fmt: skip
    return installer.run()


def _say_nothing(event: Event) -> None:
    del event


class _LedgerBusy(Exception):  # noqa: N818 -- control flow
    """Another installer is inside the same migration."""


class _Overtaken(Exception):  # noqa: N818 -- control flow
    """Another installer has applied the same migration."""


class _Installer:
    def __init__(
        self, *, target: Target, migrations: MigrationSet, schema: str, to: int | None,
        wait: float, lock_timeout: float, report: Report,
    ) -> None:  # fmt: skip
        self._target, self._migrations, self._schema, self._to = target, migrations, schema, to
        self._wait, self._lock_timeout, self._report = wait, lock_timeout, report
        self._prepared: dict[int, Prepared] = {}
        self._applied: list[int] = []
        self._collisions = 0
        self._connection: Connection

    def run(self) -> Outcome:
        began = time.monotonic()
        self._connect(wait=self._wait)
        self._report(Connected(where=describe(self._connection)))
        try:
            previous, revision, warnings = self._run()
        except psycopg.Error as error:
            raise failure(error, f"migrating the schema {self._schema}") from error
        finally:
            self._connection.close()
        return Outcome(
            schema=self._schema, previous=previous, revision=revision, warnings=warnings,
            applied=tuple(self._applied), seconds=time.monotonic() - began,
        )  # fmt: skip

    def _connect(self, *, wait: float = 0) -> None:
        self._connection = connect_when_ready(self._target, wait=wait)
        self._connection.add_notice_handler(self._notice)

    def _run(self) -> tuple[int, int, tuple[str, ...]]:
        """Look, apply, look again, until there is nothing left.

        Returns:
            The revision before, the revision after, and warnings.
        """
        ledger = self._settled_ledger()
        previous = ledger.revision
        plan = make_plan(self._migrations, ledger, self._schema, to=self._to)
        warnings = plan.warnings
        for text in warnings:
            self._report(Warned(text=text))
        while True:
            self._complete_ledger(ledger, plan)
            if not plan.pending:
                return previous, ledger.revision, warnings
            self._apply_plan(ledger, plan)
            ledger = self._settled_ledger()
            # Others may have gone further than we were asked to, which is no fault of ours.
            is_there = self._to is not None and ledger.revision >= self._to
            goal = None if is_there else self._to
            plan = make_plan(self._migrations, ledger, self._schema, to=goal)
            if is_there:
                plan = replace(plan, pending=())

    def _apply_plan(self, ledger: Ledger, plan: Plan) -> None:
        """Apply what is pending, up to where another installer turns out to be faster."""
        ready = [self._prepare(migration) for migration in plan.pending]
        check_note(ready[0], ledger.note)
        if not ledger.exists and not self._make_ledger(ledger):
            return
        for prepared in ready:
            began = time.monotonic()
            self._report(Started(migration=prepared.migration))
            if not self._apply(prepared):
                self._report(Overtaken(migration=prepared.migration))
                return
            self._applied.append(prepared.migration.number)
            seconds = time.monotonic() - began
            self._report(Applied(migration=prepared.migration, seconds=seconds))

    def _prepare(self, migration: Migration) -> Prepared:
        if migration.number not in self._prepared:
            self._prepared[migration.number] = prepare(self._migrations, migration, self._schema)
        return self._prepared[migration.number]

    def _apply(self, prepared: Prepared) -> bool:
        """Apply a migration; return False if somebody else has done so."""
        if prepared.migration.is_transactional:
            return self._apply_in_transaction(prepared)
        try:
            is_ours = apply_unfinished(
                self._connection, self._migrations, prepared, self._schema,
                lock_timeout=self._lock_timeout, report=self._report,
            )  # fmt: skip
        except StatementFailed as failed:
            raise explain(failed, prepared, outcome=resume_hint(prepared, failed)) from failed.error
        # The lock, and whatever the file has SET, end with the session.
        self._connection.close()
        self._connect()
        return is_ours

    def _apply_in_transaction(self, prepared: Prepared) -> bool:
        while True:
            try:
                with_retries(partial(self._try, prepared), self._wait_for)
            except _LedgerBusy:
                self._wait_for(f"another installer is inside {prepared.migration.name}; waiting")
            except _Overtaken:
                return False
            except StatementFailed as failed:
                raise explain(failed, prepared, outcome="rolled back") from failed.error
            else:
                return True

    def _try(self, prepared: Prepared) -> None:
        with transaction(self._connection):
            set_locally(self._connection, self._schema, self._lock_timeout)
            self._record(prepared.migration)
            for statement in prepared.statements:
                run_statement(self._connection, statement)
            is_worker = self._migrations.is_worker
            execute(self._connection, announce_sql(prepared.migration) if is_worker else RESET)

    def _record(self, migration: Migration) -> None:
        """Insert the ledger row first: it is what concurrent installers collide on."""
        try:
            execute(self._connection, record_sql(self._schema, self._migrations, migration))
        except psycopg.errors.UniqueViolation as error:
            raise _Overtaken from error
        except psycopg.errors.LockNotAvailable as error:
            raise _LedgerBusy from error

    def _make_ledger(self, ledger: Ledger) -> bool:
        is_ours = make_ledger(
            self._connection, self._migrations, self._schema, ledger,
            is_patient=self._collisions < _MOST_COLLISIONS,
        )  # fmt: skip
        if not is_ours:
            self._collisions += 1
            time.sleep(random.uniform(0.05, 0.3))  # noqa: S311 -- spreads out, hides nothing
        return is_ours

    def _complete_ledger(self, ledger: Ledger, plan: Plan) -> None:
        if self._migrations.is_worker or not ledger.exists:
            return
        count = len(plan.unsummed)
        complete_ledger(
            self._connection, self._schema, ledger, plan.unsummed, lock_timeout=self._lock_timeout
        )
        if count:
            self._report(
                Warned(
                    text=f"recorded the sums of {count} migrations that were applied without them; "
                    "from now on a change in their files is noticed"
                )
            )

    def _settled_ledger(self) -> Ledger:
        return settled_ledger(self._connection, self._migrations, self._schema, self._wait_for)

    def _wait_for(self, why: str) -> None:
        self._report(Waiting(why=why))

    def _notice(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        self._report(
            Noticed(
                severity=diagnostic.severity_nonlocalized or "NOTICE",
                text=diagnostic.message_primary or "",
            )
        )
