"""``kongtask init``: lay out a project."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path

import click

from kongtask.cli.base import Command, note, option, schema_option
from kongtask.errors import UsageError
from kongtask.files import read_text, write_text
from kongtask.names import WORKER_SCHEMA, check_schema_name
from kongtask.settings import CONFIG_FILE, load_settings, schema_file_name


@click.command(cls=Command, name="init")
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@schema_option
@option("--migrations", metavar="DIR", default="migrations", show_default=True,
        help="Folder of the migrations, inside the project.")  # fmt: skip
@option("--schema-folder", metavar="DIR", default="schema", show_default=True,
        help="Folder of the committed exports, inside the project.")  # fmt: skip
def command(*, directory: Path, schema: str | None, migrations: str, schema_folder: str) -> None:
    """Lay out a project: settings, migrations, exports, Makefile, CI step.

    Writes [tool.kongtask] into an existing pyproject.toml, or a kongtask.toml. Files that exist
    already are left as they are. Without -schema the schema is named after the folder.
    """
    root = directory.resolve()
    for folder in (migrations, schema_folder):
        if not folder or Path(folder).is_absolute() or ".." in Path(folder).parts:
            raise UsageError(f"{folder!r} is not a folder inside the project")
    name = check_schema_name(schema) if schema is not None else _schema_of(root)
    words = {
        "@SCHEMA@": name,
        "@MIGRATIONS@": Path(migrations).as_posix(),
        "@SCHEMA_FOLDER@": Path(schema_folder).as_posix(),
        "@COMMITTED@": (Path(schema_folder) / schema_file_name(name)).as_posix(),
    }
    _write_settings(root, words)
    for path, template in _files(migrations, schema_folder):
        _write_new(root, Path(path), _fill(template, words))
    note(
        f"\nThe project is in {root}. Next:\n"
        "  make db-dump        run the migrations in a scratch database, export the schema\n"
        "  kongtask migrate    apply them to the database of DATABASE_URL or PG*\n"
        "and commit all of it."
    )


def _files(migrations: str, schema_folder: str) -> Iterator[tuple[str, str]]:
    yield f"{migrations}/000001.sql", "first.sql"
    yield f"{schema_folder}/README.md", "README.md"
    yield "Makefile", "Makefile"
    yield ".github/workflows/schema.yml", "schema.yml"


def _schema_of(root: Path) -> str:
    """Return a plain schema name made of a folder's name."""
    name = re.sub(r"[^a-z0-9]+", "_", root.name.lower()).strip("_")
    if not name or name == WORKER_SCHEMA:
        return "app"
    return check_schema_name(f"_{name}" if name[0].isdigit() else name)


def _write_settings(root: Path, words: Mapping[str, str]) -> None:
    if load_settings(root).root == root and load_settings(root).file is not None:
        note(f"kept    {load_settings(root).file}")
        return
    pyproject = root / "pyproject.toml"
    is_python = pyproject.is_file()
    quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in words.items()}
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
