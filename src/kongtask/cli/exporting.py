"""Exporting schemas for a command: which database, which files, what changed."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from kongtask.cli.bar import Bar
from kongtask.cli.base import note
from kongtask.cli.outcome import Outcome, shown
from kongtask.cli.request import Request
from kongtask.cli.revisions import migrated_database
from kongtask.errors import SchemaNotFoundError, UsageError
from kongtask.files import read_text
from kongtask.names import EXTENSION_SCHEMA, WORKER_SCHEMA

if TYPE_CHECKING:
    from kongtask.database.connection import Connection, Target
    from kongtask.schema.catalog import Extensions
    from kongtask.schema.coverage import Coverage
    from kongtask.schema.model import Database
    from kongtask.schema.prove import Proof
    from kongtask.settings import Settings


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
    from kongtask.database.connection import caveat, connect, describe, find_target

    named = find_target(conn, settings)
    if named is not None:
        with connect(named) as connection:
            note(f"using {describe(connection)}, from {named.source}")
            warning = caveat(connection)
        if warning is not None:
            note(f"warning: {warning}")
        yield named
        return
    with migrated_database(settings, schemas, because="no database named: ") as scratch:
        yield scratch


def export_schema(target: Target, request: Request, *, prove: bool = False) -> Outcome:
    """Export schemas, and prove the export if asked to; writes nothing yet.

    Args:
        target: the database.
        request: the schemas and the files.
        prove: load the export into a scratch database and export that.

    Raises:
        SchemaNotFoundError: there is no such schema, or no such table.
        ProofFailedError: the export does not load, or does not export the same again.
    """
    from kongtask.database.connection import connect

    coverage, bar = _coverage(request), Bar()
    with connect(target) as connection, bar.during("reading the catalog") as progress:
        names = _matching(connection, request.schemas)
        database = coverage.read(connection, names, progress)
    if request.style.is_printed_elsewhere:
        with bar.during("printing it on a scratch database", at_once=True):
            database = _restyled(target, database, request)
    for item in database.left_out:
        note(f"left out: {item}")
    exported = database if request.selection is None else request.selection.of(database)
    make = _document if request.format == "json" else _outcome
    outcome = make(request, exported, bar, is_proved=prove)
    if prove:
        same_names = request.style.name is None
        proved = [schema.name for schema in database.schemas] if same_names else names
        with bar.during("loading it into a scratch database", at_once=True):
            proof = _proof(target, proved, coverage)
        _tell(proof)
    return outcome


def _outcome(request: Request, database: Database, bar: Bar, *, is_proved: bool) -> Outcome:
    from kongtask.schema.export import make_export, parse_export, requirements, sha256
    from kongtask.schema.render import join_blocks, render_blocks
    from kongtask.schema.split import INDEX, split

    output, style, schemas = request.output, request.style, database.schemas
    listed = output / INDEX if output and request.split else output
    there = _read_old(listed)
    rendered = render_blocks(
        *schemas,
        database=database,
        comments=style.comments,
        owners=style.owners,
        privileges=style.privileges,
    )
    with bar.during("writing the text") as progress:
        blocks = tuple(progress.count(rendered, "objects"))
    committed = read_text(request.committed) if request.committed else None
    shipped = [shipped_export(schema.name) for schema in schemas if len(schemas) == 1]
    part = f", in part: {request.selection}" if request.selection else ""
    export = make_export(
        ", ".join(schema.name for schema in schemas) + part,
        join_blocks(blocks),
        requirements(database, owners=style.owners, privileges=style.privileges),
        left_out=database.left_out,
        earlier=(committed, *shipped, there),
    )
    text = export.text
    files, before = dict[Path, str](), dict[Path, str]()
    if output and request.split:
        texts = split(export.header, blocks)
        files = {output / path: text for path, text in texts.items()}
        before = _read_folder(output, there, files)
    elif output:
        files = {output: text}
        if there is not None:
            before = {output: there}
            if parse_export(there).is_edited:
                note(
                    f"warning: {shown(output)} was edited by hand: "
                    "its body is not what its header says"
                )
    return Outcome(
        database=database,
        place=output,
        text=text,
        generated=export.generated,
        sha256=export.stated_sum or sha256(export.body),
        files=files,
        before=before,
        proved=is_proved,
    )


def _document(request: Request, database: Database, bar: Bar, *, is_proved: bool) -> Outcome:
    from kongtask.schema.document import encode
    from kongtask.schema.export import sha256

    style, output = request.style, request.output
    with bar.during("writing the document", at_once=True):
        text = encode(
            database, comments=style.comments, owners=style.owners, privileges=style.privileges
        )
    there = _read_old(output)
    return Outcome(
        database=database,
        place=output,
        text=text,
        generated=None,
        sha256=sha256(text),
        files={output: text} if output else {},
        before={output: there} if output and there is not None else {},
        proved=is_proved,
    )


def _read_old(path: Path | None) -> str | None:
    """Return what an output file holds; a pipe or a device holds nothing to compare with."""
    if path is None or (path.exists() and not path.is_file()):
        return None
    return read_text(path)


def _read_folder(folder: Path, index: str | None, files: Iterable[Path]) -> dict[Path, str]:
    """Return what the files of a split export hold now, those to be removed included.

    Raises:
        UsageError: a file is in the way that kongtask did not write.
    """
    from kongtask.schema.export import parse_export
    from kongtask.schema.split import INDEX, MARK, listed_files

    if index is not None and parse_export(index).generated is None:
        raise UsageError(f"{shown(folder / INDEX)} is no index of an export; name another folder")
    ours = {folder / path for path in listed_files(index or "")} | {folder / INDEX}
    before = dict[Path, str]()
    for path in sorted(ours.union(files)):
        text = read_text(path)
        if text is None:
            continue
        if path not in ours and not text.startswith(MARK):
            raise UsageError(f"{shown(path)} is in the way; it was not written by kongtask")
        before[path] = text
    return before


def shipped_file(schema: str) -> Path:
    """Return the place of the export that comes with kongtask."""
    return Path(str(resources.files("kongtask.migrate"))) / "schema" / f"{schema}.sql"


def shipped_export(schema: str) -> str | None:
    """Return the export of one of kongtask's own schemas that comes with it, or None for others."""
    is_ours = schema in {WORKER_SCHEMA, EXTENSION_SCHEMA}
    return read_text(shipped_file(schema)) if is_ours else None


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
    from msgspec.structs import replace

    from kongtask.database.connection import connect
    from kongtask.database.embedded import EMBEDDED_MAJOR
    from kongtask.schema.prove import canonical, renamed
    from kongtask.schema.reload import read_with_what_it_needs

    names, coverage = [schema.name for schema in database.schemas], _coverage(request)
    with connect(target) as connection:
        everything = read_with_what_it_needs(connection, names, coverage)
        is_canonical_server = connection.info.server_version // 10000 == EMBEDDED_MAJOR
    # A server of the embedded one's version prints the same, and has the schema's extensions.
    server = target if is_canonical_server or not style.canonical else None
    left_out = database.left_out  # what is not loaded is not told again
    if style.canonical:
        database = canonical(everything, names, server, coverage)
        outside = tuple(schema for schema in everything.schemas if schema.name not in names)
        everything = replace(database, schemas=(*database.schemas, *outside))
    if style.name is not None and names != [style.name]:
        if len(names) != 1:
            raise UsageError("--as takes one schema; name it with -schema")
        database = renamed(everything, names[0], style.name, server, coverage)
    return replace(database, left_out=left_out)


def _coverage(request: Request) -> Coverage:
    """Return what is read beside the schemas' own objects, and has to survive a reload."""
    from kongtask.schema.coverage import Coverage

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


def _proof(target: Target, names: Sequence[str], coverage: Coverage) -> Proof:
    from kongtask.database.connection import connect
    from kongtask.schema.prove import prove
    from kongtask.schema.reload import read_with_what_it_needs

    with connect(target) as connection:
        everything = read_with_what_it_needs(connection, names, coverage)
    return prove(everything, names, target, coverage)


def _tell(proof: Proof) -> None:
    if proof.is_exact:
        note("proved: the export loads into an empty database and exports the same bytes there")
    else:
        note(
            "proved: the export loads into an empty database and makes the same schema there; "
            "PostgreSQL prints some expressions differently from then on (--canonical prints "
            f"them so):\n{proof.moved}"
        )
