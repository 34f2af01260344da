"""``kongtask init``: lay out a project."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import click

from kongtask.cli.base import Command, note, option
from kongtask.errors import UsageError
from kongtask.files import read_text, write_text
from kongtask.names import WORKER_SCHEMA, check_schema_name
from kongtask.settings import CONFIG_FILE, Settings, load_settings, schema_file_name


@click.command(cls=Command, name="init")
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@option("-schema", "--schema", "-s", "schema", metavar="NAME",
        help="Name of the project's schema. Default: the folder's name.")  # fmt: skip
@option("--migrations", metavar="DIR", help="Folder of the migrations, inside the project. "
        "Default: migrations.")  # fmt: skip
@option("--schema-folder", metavar="DIR", help="Folder of the committed exports, inside the "
        "project. Default: schema.")  # fmt: skip
def command(
    *, directory: Path, schema: str | None, migrations: str | None, schema_folder: str | None
) -> None:
    """Lay out a project: settings, migrations, exports, Makefile, CI step.

    Writes [tool.kongtask] into an existing pyproject.toml, or a kongtask.toml. Files and settings
    that exist already are left as they are. Without -schema the schema is named after the folder.
    """
    root = directory.resolve()
    settings = load_settings(root)
    if settings.file is not None and settings.root == root:
        if any(given is not None for given in (schema, migrations, schema_folder)):
            raise UsageError(
                f"{settings.file} lays this project out already; change it there, "
                "or leave the options out to add the files that are missing"
            )
        note(f"kept    {settings.file.name}")
        layout = _Layout.of(settings)
    else:
        layout = _Layout(
            schema=check_schema_name(schema) if schema is not None else _schema_of(root),
            migrations=_inside("migrations" if migrations is None else migrations),
            schema_folder=_inside("schema" if schema_folder is None else schema_folder),
        )
        _write_settings(root, layout)
    for path, template in layout.files():
        _write_new(root, path, _fill(template, layout.words()))
    note(
        f"\nThe project is in {root}. Next:\n"
        "  make db-dump        run the migrations in a scratch database, export the schema\n"
        "  kongtask migrate    apply them to the database of DATABASE_URL or PG*\n"
        "and commit all of it."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where a project keeps things; folders are relative to its root."""

    schema: str
    migrations: Path
    schema_folder: Path

    @classmethod
    def of(cls, settings: Settings) -> _Layout:
        """Take the layout that a project has configured."""
        folder = settings.migrations or settings.root / "migrations"
        return cls(
            schema=settings.default_schema,
            migrations=Path(os.path.relpath(folder, settings.root)),
            schema_folder=Path(os.path.relpath(settings.schema_folder, settings.root)),
        )

    def files(self) -> Iterator[tuple[Path, str]]:
        """Yield the files to write, each with its template."""
        yield self.migrations / "000001.sql", "first.sql"
        yield self.schema_folder / "README.md", "README.md"
        yield Path("Makefile"), "Makefile"
        yield Path(".github/workflows/schema.yml"), "schema.yml"

    def words(self) -> dict[str, str]:
        """Return what the templates' placeholders stand for."""
        return {
            "@SCHEMA@": self.schema,
            "@MIGRATIONS@": self.migrations.as_posix(),
            "@SCHEMA_FOLDER@": self.schema_folder.as_posix(),
            "@COMMITTED@": (self.schema_folder / schema_file_name(self.schema)).as_posix(),
        }


def _inside(folder: str) -> Path:
    if not folder or Path(folder).is_absolute() or ".." in Path(folder).parts:
        raise UsageError(f"{folder!r} is not a folder inside the project")
    return Path(folder)


def _schema_of(root: Path) -> str:
    """Return a plain schema name made of a folder's name."""
    name = re.sub(r"[^a-z0-9]+", "_", root.name.lower()).strip("_")
    if not name or name == WORKER_SCHEMA:
        return "app"
    return check_schema_name(f"_{name}" if name[0].isdigit() else name)


def _write_settings(root: Path, layout: _Layout) -> None:
    pyproject = root / "pyproject.toml"
    is_python = pyproject.is_file()
    quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in layout.words().items()}
    table = _fill("settings.toml", {**quoted, "@PREFIX@": "tool.kongtask." if is_python else ""})
    if is_python:
        before = (read_text(pyproject) or "").rstrip("\n")
        write_text(pyproject, f"{before}\n\n[tool.kongtask]\n{table}")
        note("changed pyproject.toml: added [tool.kongtask]")
    else:
        _write_new(root, Path(CONFIG_FILE), table)


def _write_new(root: Path, path: Path, text: str) -> None:
    if (root / path).exists():
        note(f"kept    {path}")
        return
    write_text(root / path, text)
    note(f"wrote   {path}")


def _fill(template: str, words: Mapping[str, str]) -> str:
    folder = resources.files("kongtask.cli") / "templates"
    text = (folder / template).read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(word, value)
    return text
