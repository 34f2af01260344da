"""Loading an export into a scratch database: to prove it, to rename it, to print it canonically."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg

from kongtask.database.connection import Connection, Target, compose, connect, failure
from kongtask.database.embedded import EMBEDDED_MAJOR, embedded_server
from kongtask.database.scratch import may_create_databases, scratch_database
from kongtask.errors import ProofFailedError
from kongtask.schema.coverage import OBJECTS, Coverage
from kongtask.schema.model import Database, Requirement

#: Kinds of what a text leans on that are not for ``--database-objects`` to bring.
_ELSEWHERE = frozenset({"schema", "extension", "role", "security label provider"})


def read_with_what_it_needs(
    connection: Connection, names: Iterable[str], coverage: Coverage = OBJECTS
) -> Database:
    """Read some schemas and the other schemas that they lean on, and that those lean on."""
    wanted = set(names)
    while True:
        database = coverage.read(connection, wanted)
        needed = {
            need.name
            for schema in database.schemas
            for need in schema.requirements
            if need.kind == "schema"
        }
        if needed <= wanted:
            return database
        wanted |= needed


@contextmanager
def reloaded(
    database: Database, target: Target | None = None, coverage: Coverage = OBJECTS
) -> Iterator[Connection]:
    """Load the export of some schemas into a scratch database, dropped at the end.

    Args:
        database: the schemas with all that they lean on; extensions and roles are made where they
            are missing.
        target: a database of the server to prefer, because its extensions are there. The embedded
            server serves where it is None, or its role may not create databases.
        coverage: what is loaded beyond the objects.

    Yields:
        A connection to the scratch database.

    Raises:
        ProofFailedError: a statement failed, or an extension is not to be had; the message says
            which.
    """
    needs = coverage.needs(database)
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(loaded(coverage.render(database), needs, target))
        except ProofFailedError as error:
            left = sorted(f"{x.kind} {x.name}" for x in needs if x.kind not in _ELSEWHERE)
            if coverage.objects or not left:
                raise
            raise ProofFailedError(
                f"{error}. It leans on {', '.join(left)}, which no schema owns: only an export "
                "with --database-objects makes that too"
            ) from error
        yield connection


@contextmanager
def loaded(
    text: str, needs: Iterable[Requirement] = (), target: Target | None = None
) -> Iterator[Connection]:
    """Run SQL in a scratch database, dropped at the end.

    Args:
        text: an export, or other statements.
        needs: the extensions and roles to make first where they are missing.
        target: a database of the server to prefer; see :func:`reloaded`.

    Yields:
        A connection to the scratch database.

    Raises:
        ProofFailedError: a statement failed, or an extension is not to be had; the message says
            which.
    """
    with ExitStack() as stack:
        if target is not None and _is_usable(target):
            server = target
        else:
            server = stack.enter_context(embedded_server()).target()
        scratch = stack.enter_context(scratch_database(server))
        connection = stack.enter_context(connect(scratch))
        stack.enter_context(_prepared(connection, needs))
        load(connection, text)
        yield connection


def load(connection: Connection, text: str) -> None:
    """Run an export in an empty database.

    Raises:
        ProofFailedError: a statement failed; the message shows where.
    """
    try:
        connection.execute(text.encode())
    except psycopg.Error as error:
        if error.sqlstate is None:
            raise failure(error, "loading the export") from error
        position = error.diag.statement_position
        line = text.count("\n", 0, int(position) - 1) + 1 if position else None
        place = f", line {line} of its body: {text.split(chr(10))[line - 1]}" if line else ""
        raise ProofFailedError(
            f"the export does not load: {error.diag.message_primary} ({error.sqlstate}){place}"
        ) from error


def _is_usable(target: Target) -> bool:
    with connect(target) as connection:
        return may_create_databases(connection)


@contextmanager
def _prepared(connection: Connection, needs: Iterable[Requirement]) -> Iterator[None]:
    """Make the extensions and roles that an export only names; the roles are dropped again."""
    roles = []
    try:
        for need in sorted(needs, key=lambda need: (need.kind, need.name)):
            if need.kind == "extension":
                _make_extension(connection, need)
            elif need.kind == "role" and _make_role(connection, need.name):
                roles.append(need.name)
        yield
    finally:
        if roles and not connection.closed:
            _drop_event_triggers(connection)
            for role in roles:
                _drop_role(connection, role)


def _make_extension(connection: Connection, need: Requirement) -> None:
    try:
        if need.schema is not None and need.schema not in {"pg_catalog", "public"}:
            connection.execute(compose("create schema if not exists {name}", name=need.schema))
        statement = "create extension if not exists {name} with schema {schema} cascade"
        connection.execute(compose(statement, name=need.name, schema=need.schema or "public"))
    except psycopg.Error as error:
        reason = error.diag.message_primary or str(error)
        raise ProofFailedError(
            f"the scratch server does not have the extension {need.name}: {reason}. It is the "
            "schema's own server where the role may create databases there (for --canonical: and "
            f"if that is PostgreSQL {EMBEDDED_MAJOR}), else the embedded one"
        ) from error


def _make_role(connection: Connection, name: str) -> bool:
    if name.startswith("pg_"):
        return False  # PostgreSQL's own
    try:
        connection.execute(compose("create role {name} nologin", name=name))
    except psycopg.errors.DuplicateObject:
        return False
    return True


def _drop_event_triggers(connection: Connection) -> None:
    """Let none of the schema's own triggers stop what comes."""
    for (name,) in connection.execute("select evtname from pg_event_trigger").fetchall():
        connection.execute(compose("drop event trigger {name}", name=name))


def _drop_role(connection: Connection, name: str) -> None:
    connection.execute(compose("drop owned by {role} cascade", role=name))
    try:
        connection.execute(compose("drop role {role}", role=name))
    except psycopg.errors.DependentObjectsStillExist:
        return  # another scratch database uses it too
