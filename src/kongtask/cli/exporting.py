"""Exporting schemas for a command: which database, which files, what changed."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kongtask.cli.base import note
from kongtask.errors import SchemaNotFoundError, UsageError
from kongtask.files import read_text, write_text
from kongtask.names import WORKER_SCHEMA

if TYPE_CHECKING:
    from kongtask.database.connection import Connection, Target
    from kongtask.schema.catalog import Extensions
    from kongtask.schema.export import Export
    from kongtask.schema.model import Database, Requirement, Schema
    from kongtask.schema.reload import Coverage
    from kongtask.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How the text is to be.

    Attributes:
        comments, owners, privileges: whether these are part of it.
        constraint_names: ``all`` prints the NOT NULL names that PostgreSQL 18 gave too.
        canonical: as the embedded server prints it after loading it.
        extensions: with the extensions that the text leans on.
        database_objects: with what no schema owns.
        name: the name to print the schema under, or None for its own.
    """

    comments: bool = True
    owners: bool = False
    privileges: bool = False
    constraint_names: Literal["custom", "all"] = "custom"
    canonical: bool = False
    extensions: bool = False
    database_objects: bool = False
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for.

    Attributes:
        schemas: names, or patterns with ``*`` and ``?``.
        output: the file to write, or None for stdout.
        committed: the committed export, whose timestamp holds as long as the schema is the same.
    """

    schemas: Sequence[str]
    output: Path | None
    committed: Path | None
    style: Style = field(default_factory=Style)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An export and the file that it is for.

    Attributes:
        request: what was asked for.
        database: what was read.
        export: what was made of it.
        before: the file's text, or None where there is none (or it is stdout).
        proved: whether export, load and export again gave the same schema.
    """

    request: Request
    database: Database
    export: Export
    before: str | None
    proved: bool

    @property
    def schemas(self) -> tuple[Schema, ...]:
        """The schemas that were read."""
        return self.database.schemas

    @property
    def would_change(self) -> bool:
        """Whether writing the export changes the file."""
        return self.before != self.export.text

    @property
    def title(self) -> str:
        """Say which schemas these are."""
        names = ", ".join(f'"{schema.name}"' for schema in self.schemas)
        return f"schema {names}" if len(self.schemas) == 1 else f"schemas {names}"

    def changes(self) -> str:
        """Return a unified diff from the file to the export."""
        from kongtask.schema.prove import difference

        name = shown(self.request.output) if self.request.output else "-"
        old = name if self.before is not None else "/dev/null"
        return difference(self.before or "", self.export.text, old, name)

    def write(self, say: Callable[[str], None] = note) -> None:
        """Write the export, unless the file has it already.

        Args:
            say: takes a sentence about what was done.
        """
        output = self.request.output
        if output is None:
            sys.stdout.buffer.write(self.export.text.encode())
            sys.stdout.buffer.flush()
        elif self.would_change:
            write_text(output, self.export.text)
            size = len(self.export.text.encode())
            say(f"wrote {shown(output)}: {self.title}, {size} bytes")
        else:
            say(f"{shown(output)} is up to date: {self.title}")

    def contents(self) -> str:
        """Count what the schemas hold, kind by kind."""
        schemas = self.schemas
        relations = [relation for schema in schemas for relation in schema.relations()]
        types = sum(
            len(kind)
            for schema in schemas
            for kind in (schema.enums, schema.composites, schema.ranges, schema.domains)
        )
        routines = sum(len(schema.routines) + len(schema.aggregates) for schema in schemas)
        counts = [
            (types, "type", "types"),
            (sum(len(schema.tables) for schema in schemas), "table", "tables"),
            (sum(len(schema.views) for schema in schemas), "view", "views"),
            (sum(len(relation.indexes) for relation in relations), "index", "indexes"),
            (routines, "function", "functions"),
            (sum(len(relation.triggers) for relation in relations), "trigger", "triggers"),
        ]
        return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counts if n)

    def summary(self) -> dict[str, object]:
        """Return the result for programs."""
        from kongtask.schema.export import sha256

        names = [schema.name for schema in self.schemas]
        return {
            "schema": names[0] if len(names) == 1 else names,
            "output": str(self.request.output or "-"),
            "changed": self.would_change,
            "proved": self.proved,
            "generated": self.export.generated,
            "sha256": sha256(self.export.body),
            "bytes": len(self.export.text.encode()),
        }


@contextmanager
def exported_database(
    conn: str | None, settings: Settings, schemas: Sequence[str]
) -> Iterator[Target]:
    """Find the database to export, or make one from the schemas' migrations.

    Args:
        conn: the value of ``-conn``, or None.
        settings: the project's settings.
        schemas: the schemas that will be exported.

    Yields:
        The named database; else a scratch database on the embedded server, with each schema's own
        migrations applied: as configured for that name, else the worker's.
    """
    from kongtask.database.connection import connect, describe, find_target

    named = find_target(conn, settings)
    if named is not None:
        with connect(named) as connection:
            note(f"using {describe(connection)}, from {named.source}")
        yield named
        return
    from kongtask.database.embedded import embedded_server
    from kongtask.database.scratch import scratch_database
    from kongtask.migrate import load_migrations, migrate, worker_migrations

    with embedded_server() as server, scratch_database(server.target()) as scratch:
        for schema in schemas:
            folder = settings.schema(schema).migrations
            if folder is None and settings.migrations is not None and schema != WORKER_SCHEMA:
                note(
                    f'warning: the project configures no migrations for "{schema}": this is the '
                    "worker schema under that name"
                )
            migrations = worker_migrations() if folder is None else load_migrations(folder)
            note(f"no database named: migrating a scratch database with {migrations.origin}")
            migrate(scratch, migrations, schema)
        yield scratch


def export_schema(target: Target, request: Request, *, prove: bool = False) -> Outcome:
    """Export schemas, and prove the export if asked to; writes nothing yet.

    Args:
        target: the database.
        request: the schemas and the files.
        prove: load the export into a scratch database and export that.

    Raises:
        SchemaNotFoundError: there is no such schema.
        ProofFailedError: the export does not load, or does not export the same again.
    """
    from kongtask.database.connection import connect
    from kongtask.schema import render
    from kongtask.schema.export import make_export, parse_export

    before, style = _earlier(request.output), request.style
    with connect(target) as connection:
        names = _matching(connection, request.schemas)
        coverage = _coverage(request)
        database = coverage.read(connection, names)
    database = _restyled(target, database, request)
    schemas = database.schemas
    body = render(
        *schemas,
        database=database,
        comments=style.comments,
        owners=style.owners,
        privileges=style.privileges,
    )
    committed = read_text(request.committed) if request.committed else None
    shipped = [shipped_export(schema.name) for schema in schemas if len(schemas) == 1]
    export = make_export(
        ", ".join(schema.name for schema in schemas),
        body,
        _needs(database, style),
        left_out=database.left_out,
        earlier=(committed, *shipped, before),
    )
    for item in database.left_out:
        note(f"left out: {item}")
    if request.output and before is not None and parse_export(before).is_edited:
        note(
            f"warning: {shown(request.output)} was edited by hand: "
            "its body is not what its header says"
        )
    if prove:
        proved = [schema.name for schema in schemas] if style.name is None else names
        _prove(target, proved, coverage)
    return Outcome(request=request, database=database, export=export, before=before, proved=prove)


def shipped_file(schema: str) -> Path:
    """Return the place of the export that comes with kongtask."""
    return Path(str(resources.files("kongtask.migrate"))) / "schema" / f"{schema}.sql"


def shipped_export(schema: str) -> str | None:
    """Return the export of the worker schema that comes with kongtask, or None for others."""
    return read_text(shipped_file(schema)) if schema == WORKER_SCHEMA else None


def shown(path: Path) -> str:
    """Return a path as a person would name it: relative, where it is below the working folder."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def is_pattern(name: str) -> bool:
    """Tell whether a schema name is a pattern for several."""
    return any(char in name for char in "*?")


def _matching(connection: Connection, patterns: Sequence[str]) -> list[str]:
    """Return the names that were given, and those that the patterns among them fit."""
    from kongtask.schema.catalog import schema_names

    if not any(is_pattern(pattern) for pattern in patterns):
        return sorted(set(patterns))
    there, found = schema_names(connection), set[str]()
    for pattern in patterns:
        # A schema whose very name holds a star is meant before any pattern.
        fitting = [pattern] if pattern in there else fnmatch.filter(there, pattern)
        if is_pattern(pattern) and not fitting:
            raise SchemaNotFoundError(f'no schema in this database fits "{pattern}"')
        found.update(fitting or [pattern])
    return sorted(found)


def _restyled(target: Target, database: Database, request: Request) -> Database:
    """Take schemas through a scratch database where their text is to be another server's."""
    style = request.style
    if style.name is None and not style.canonical:
        return database
    from kongtask.database.connection import connect
    from kongtask.schema.prove import canonical, renamed
    from kongtask.schema.reload import read_with_what_it_needs

    names, coverage = [schema.name for schema in database.schemas], _coverage(request)
    with connect(target) as connection:
        everything = read_with_what_it_needs(connection, names, coverage)
    left_out = database.left_out  # what is not loaded is not told again
    if style.canonical:
        database = canonical(everything, names, coverage)
        outside = tuple(schema for schema in everything.schemas if schema.name not in names)
        everything = replace(database, schemas=(*database.schemas, *outside))
    if style.name is not None and names != [style.name]:
        if len(names) != 1:
            raise UsageError("--as takes one schema; name it with -schema")
        server = None if style.canonical else target
        database = renamed(everything, names[0], style.name, server, coverage)
    return replace(database, left_out=left_out)


def _coverage(request: Request) -> Coverage:
    """Return what is read beside the schemas' own objects, and has to survive a reload."""
    from kongtask.schema.reload import Coverage

    style = request.style
    extensions: Extensions = "none"
    if style.extensions:
        extensions = "all" if "*" in request.schemas else "needed"
    return Coverage(
        objects=style.database_objects,
        extensions=extensions,
        owners=style.owners,
        privileges=style.privileges,
        constraint_names=style.constraint_names,
    )


def _prove(target: Target, names: Sequence[str], coverage: Coverage) -> None:
    from kongtask.database.connection import connect
    from kongtask.schema.prove import prove
    from kongtask.schema.reload import read_with_what_it_needs

    with connect(target) as connection:
        everything = read_with_what_it_needs(connection, names, coverage)
    proof = prove(everything, names, target, coverage)
    if proof.is_exact:
        note("proved: the export loads into an empty database and exports the same bytes there")
    else:
        note(
            "proved: the export loads into an empty database and makes the same schema there; "
            "PostgreSQL prints some expressions differently from then on (--canonical prints "
            f"them so):\n{proof.moved}"
        )


def _needs(database: Database, style: Style) -> list[Requirement]:
    """Return what the text leans on, roles included where it names them."""
    needs = {need for schema in database.schemas for need in schema.requirements}
    needs.update(database.roles(privileges=style.privileges, owners=style.owners))
    own = {schema.name for schema in database.schemas}
    return sorted(
        (need for need in needs if not (need.kind == "schema" and need.name in own)),
        key=lambda need: (need.kind, need.name.encode()),
    )


def _earlier(output: Path | None) -> str | None:
    """Return what an output file holds; a pipe or a device holds nothing to compare with."""
    if output is None or (output.exists() and not output.is_file()):
        return None
    return read_text(output)
