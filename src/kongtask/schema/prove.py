"""The proof of an export: load it into an empty database, export that, compare the bytes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg

from kongtask.database.connection import Connection, Target, compose, connect, failure
from kongtask.database.embedded import embedded_server
from kongtask.database.scratch import may_create_databases, scratch_database
from kongtask.errors import KongtaskError, ProofFailedError
from kongtask.schema.catalog import read, read_all
from kongtask.schema.model import Requirement, Schema
from kongtask.schema.render import render


def prove(target: Target, schema: str) -> None:
    """Prove that a schema's export makes the schema again.

    The scratch database is made on the same server where the role may do so, because the extensions
    that the schema needs are there; otherwise on the embedded one. It is dropped in any case.

    Args:
        target: the database that holds the schema.
        schema: its name.

    Raises:
        ProofFailedError: the text does not load, or exports differently; the message shows how.
    """
    with connect(target) as connection:
        schemas = _with_what_it_needs(connection, schema)
        nearby = may_create_databases(connection)
    (proved,) = (found for found in schemas if found.name == schema)
    expected = render(proved)
    with ExitStack() as stack:
        server = target if nearby else stack.enter_context(embedded_server()).target()
        scratch = stack.enter_context(scratch_database(server))
        loaded = stack.enter_context(connect(scratch))
        stack.enter_context(_prepared(loaded, proved.requirements))
        load(loaded, render(*schemas))
        again = render(read(loaded, schema))
    if again != expected:
        raise ProofFailedError(
            f'the export of "{schema}" loads, but exports differently afterwards:\n'
            + difference(expected, again, "export", "export after loading it")
        )


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
        place = f", line {line} of its body: {text.splitlines()[line - 1]}" if line else ""
        raise ProofFailedError(
            f"the export does not load: {error.diag.message_primary} ({error.sqlstate}){place}"
        ) from error


def difference(old: str, new: str, old_name: str, new_name: str) -> str:
    """Return a unified diff of two texts, without a final newline."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), old_name, new_name
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    ).rstrip("\n")


def _with_what_it_needs(connection: Connection, schema: str) -> tuple[Schema, ...]:
    """Read a schema and the other schemas that it leans on, and that those lean on."""
    names = {schema}
    while True:
        schemas = read_all(connection, sorted(names))
        needed = {
            need.name for found in schemas for need in found.requirements if need.kind == "schema"
        }
        if needed <= names:
            return schemas
        names |= needed


@contextmanager
def _prepared(connection: Connection, needs: Iterable[Requirement]) -> Iterator[None]:
    """Make the extensions and roles that an export only names; the roles are dropped again."""
    roles = []
    try:
        for need in needs:
            if need.kind == "extension":
                _make_extension(connection, need)
            elif need.kind == "role" and _make_role(connection, need.name):
                roles.append(need.name)
        yield
    finally:
        for role in roles if not connection.closed else ():
            _drop_role(connection, role)


def _make_extension(connection: Connection, need: Requirement) -> None:
    try:
        if need.schema is not None and need.schema not in {"pg_catalog", "public"}:
            connection.execute(compose("create schema if not exists {name}", name=need.schema))
        statement = "create extension if not exists {name} with schema {schema} cascade"
        connection.execute(compose(statement, name=need.name, schema=need.schema or "public"))
    except psycopg.Error as error:
        raise _unavailable(need, error) from error


def _make_role(connection: Connection, name: str) -> bool:
    try:
        connection.execute(compose("create role {name} nologin", name=name))
    except psycopg.errors.DuplicateObject:
        return False
    return True


def _drop_role(connection: Connection, name: str) -> None:
    connection.execute(compose("drop owned by {role}", role=name))
    try:
        connection.execute(compose("drop role {role}", role=name))
    except psycopg.errors.DependentObjectsStillExist:
        return  # another proof in another scratch database uses it too


def _unavailable(need: Requirement, error: psycopg.Error) -> KongtaskError:
    reason = error.diag.message_primary or str(error)
    return ProofFailedError(
        f"the proof needs the {need.kind} {need.name}, and the scratch server has none: {reason}; "
        "prove with a role that may create databases on the schema's own server"
    )
