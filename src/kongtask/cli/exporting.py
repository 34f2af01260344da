"""Exporting a schema for a command: which database, which files, what changed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from kongtask.cli.base import note
from kongtask.files import read_text, write_text
from kongtask.names import WORKER_SCHEMA

if TYPE_CHECKING:
    from kongtask.database.connection import Target
    from kongtask.schema.export import Export
    from kongtask.schema.model import Schema
    from kongtask.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for.

    Attributes:
        schema: name of the schema.
        output: the file to write, or None for stdout.
        committed: the committed export, whose timestamp holds as long as the schema is the same.
    """

    schema: str
    output: Path | None
    committed: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An export and the file that it is for.

    Attributes:
        request: what was asked for.
        schema: what was read.
        export: what was made of it.
        before: the file's text, or None where there is none (or it is stdout).
        proved: whether export, load and export again gave the same bytes.
    """

    request: Request
    schema: Schema
    export: Export
    before: str | None
    proved: bool

    @property
    def would_change(self) -> bool:
        """Whether writing the export changes the file."""
        return self.before != self.export.text

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
            say(f'wrote {shown(output)}: schema "{self.request.schema}", {size} bytes')
        else:
            say(f'{shown(output)} is up to date: schema "{self.request.schema}"')

    def contents(self) -> str:
        """Count what the schema holds, kind by kind."""
        schema, relations = self.schema, list(self.schema.relations())
        types = (schema.enums, schema.composites, schema.ranges, schema.domains)
        counts = [
            (sum(len(kind) for kind in types), "type", "types"),
            (len(schema.tables), "table", "tables"),
            (len(schema.views), "view", "views"),
            (sum(len(relation.indexes) for relation in relations), "index", "indexes"),
            (len(schema.routines) + len(schema.aggregates), "function", "functions"),
            (sum(len(relation.triggers) for relation in relations), "trigger", "triggers"),
        ]
        return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counts if n)

    def summary(self) -> dict[str, object]:
        """Return the result for programs."""
        from kongtask.schema.export import sha256

        return {
            "schema": self.request.schema,
            "output": str(self.request.output or "-"),
            "changed": self.would_change,
            "proved": self.proved,
            "generated": self.export.generated,
            "sha256": sha256(self.export.body),
            "bytes": len(self.export.text.encode()),
        }


@contextmanager
def exported_database(conn: str | None, settings: Settings, schema: str) -> Iterator[Target]:
    """Find the database to export, or make one from the schema's migrations.

    Args:
        conn: the value of ``-conn``, or None.
        settings: the project's settings.
        schema: the schema that will be exported.

    Yields:
        The named database; else a scratch database on the embedded server, with the schema's own
        migrations applied: as configured for that name, else the worker's.
    """
    from kongtask.database.connection import connect, describe, find_target
    from kongtask.database.embedded import embedded_server
    from kongtask.database.scratch import scratch_database
    from kongtask.migrate import load_migrations, migrate, worker_migrations

    named = find_target(conn, settings)
    if named is not None:
        with connect(named) as connection:
            note(f"using {describe(connection)}, from {named.source}")
        yield named
        return
    folder = settings.schema(schema).migrations
    if folder is None and settings.migrations is not None and schema != WORKER_SCHEMA:
        note(
            f'warning: the project configures no migrations for "{schema}": this is the worker '
            "schema under that name"
        )
    migrations = worker_migrations() if folder is None else load_migrations(folder)
    with embedded_server() as server, scratch_database(server.target()) as scratch:
        note(f"no database named: migrating a scratch database with {migrations.origin}")
        migrate(scratch, migrations, schema)
        yield scratch


def export_schema(target: Target, request: Request, *, prove: bool = False) -> Outcome:
    """Export a schema, and prove the export if asked to; writes nothing yet.

    Args:
        target: the database.
        request: the schema and the files.
        prove: load the export into a scratch database and export that.

    Raises:
        SchemaNotFoundError: there is no such schema.
        ProofFailedError: the export does not load, or does not export the same again.
    """
    from kongtask.database.connection import connect
    from kongtask.schema import read, render
    from kongtask.schema.export import make_export, parse_export
    from kongtask.schema.prove import prove as prove_schema

    before = _earlier(request.output)
    with connect(target) as connection:
        schema = read(connection, request.schema)
    committed = read_text(request.committed)
    export = make_export(
        schema.name,
        render(schema),
        schema.requirements,
        earlier=(committed, shipped_export(schema.name), before),
    )
    if request.output and before is not None and parse_export(before).is_edited:
        note(
            f"warning: {shown(request.output)} was edited by hand: "
            "its body is not what its header says"
        )
    if prove:
        prove_schema(target, request.schema)
        note("proved: the export loads into an empty database and exports the same bytes there")
    return Outcome(request=request, schema=schema, export=export, before=before, proved=prove)


def shipped_file(schema: str) -> Path:
    """Return the place of the export that comes with kongtask."""
    return Path(str(resources.files("kongtask.migrate"))) / "schema" / f"{schema}.sql"


def shipped_export(schema: str) -> str | None:
    """Return the export of the worker schema that comes with kongtask, or None for others."""
    return read_text(shipped_file(schema)) if schema == WORKER_SCHEMA else None


def shown(path: Path) -> str:
    """Return a path as a person would name it: relative, where it is below the working folder."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _earlier(output: Path | None) -> str | None:
    """Return what an output file holds; a pipe or a device holds nothing to compare with."""
    if output is None or (output.exists() and not output.is_file()):
        return None
    return read_text(output)
