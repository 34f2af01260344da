"""What a project configures: ``[tool.kongtask]`` in pyproject.toml, or the file kongtask.toml."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kongtask.errors import UsageError
from kongtask.names import WORKER_SCHEMA, check_schema_name

CONFIG_FILE = "kongtask.toml"
_TOP_KEYS = frozenset(
    {"connection", "schema", "migrations", "schema-folder", "schemas", "environments", "lint"}
)
_SCHEMA_KEYS = frozenset({"migrations", "committed"})
_LINT_KEYS = frozenset({"include", "ignore"})
_IGNORE_KEYS = frozenset({"rule", "object", "file", "reason"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaSettings:
    """One schema of a project.

    Attributes:
        name: the schema's name in the database.
        migrations: folder of the ``NNNNNN.sql`` files; None means the worker's own set.
        committed: the export that is committed beside the migrations.
        versions: the folder of the exports of each revision.
    """

    name: str
    migrations: Path | None
    committed: Path
    versions: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """Something that linting is not to speak of.

    Attributes:
        rule: the rule's id.
        reason: why.
        object: the words for the objects that it is about, as linting prints them; ``*`` and ``?``
            are wildcards. None means all.
        file: the names of the migrations that it is about, in the same way.
    """

    rule: str
    reason: str
    object: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LintSettings:
    """What linting looks for.

    Attributes:
        include: rules that are looked for beside those that always are.
        ignore: what is found and not to be spoken of.
    """

    include: tuple[str, ...] = ()
    ignore: tuple[Ignore, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The configuration of the project in which a command runs.

    Attributes:
        root: the folder that holds the configuration file, or the working directory without one.
        file: the configuration file, or None.
        connection: conninfo of the project's database, or None.
        default_schema: the schema that a command means when none is named.
        migrations: the default schema's folder of migrations, or None for the worker's own set.
        schema_folder: where exports are written by default.
        schemas: further schemas by name.
        environments: conninfo of each named environment.
        lint: what linting looks for.
    """

    root: Path
    file: Path | None = None
    connection: str | None = None
    default_schema: str = WORKER_SCHEMA
    migrations: Path | None = None
    schema_folder: Path
    schemas: Mapping[str, SchemaSettings] = field(default_factory=dict)
    environments: Mapping[str, str] = field(default_factory=dict)
    lint: LintSettings = LintSettings()

    def schema(self, name: str) -> SchemaSettings:
        """Return what is configured for a schema; one that is not named gets the defaults."""
        configured = self.schemas.get(name)
        if configured is not None:
            return configured
        is_default = name == self.default_schema
        committed = self.schema_folder / schema_file_name(name)
        return SchemaSettings(
            name=name,
            migrations=self.migrations if is_default else None,
            committed=committed,
            versions=_versions_folder(committed, name, is_default=is_default),
        )


def schema_file_name(schema: str) -> str:
    """Return ``<schema>.sql``; characters that no file name can hold are written as ``%XX``."""
    unsafe = {"/", "\\", "%", "\0", ":"}
    safe = "".join(
        "".join(f"%{byte:02X}" for byte in char.encode())
        if char in unsafe or ord(char) < 32
        else char
        for char in schema
    )
    return f"%2E{safe[1:]}.sql" if safe.startswith(".") else f"{safe}.sql"


def load_settings(start: Path | None = None) -> Settings:
    """Read the settings of the nearest project at or above a folder.

    Args:
        start: the folder to begin at; the working directory if None.

    Raises:
        UsageError: the file is not valid TOML, or holds an unknown key or a value of a wrong type.
    """
    folder = (start or Path.cwd()).resolve()
    for candidate in (folder, *folder.parents):
        found = _read_table(candidate)
        if found is not None:
            return _parse(*found)
    return Settings(root=folder, schema_folder=folder / "schema")


def default_schema_name(settings: Settings, environ: Mapping[str, str] = os.environ) -> str:
    """Return the schema that a command means when none is named: environment, project, default."""
    name = environ.get("GRAPHILE_WORKER_SCHEMA")
    if name is None:
        return settings.default_schema
    if not name:
        raise UsageError("GRAPHILE_WORKER_SCHEMA is set but empty; unset it or name a schema")
    return check_schema_name(name)


def worker_schema_name(settings: Settings, environ: Mapping[str, str] = os.environ) -> str:
    """Return the worker schema where none is named.

    A project's own default schema is that only where it has no migrations of its own: else the
    jobs of its tables' schema would be looked for beside its tables.
    """
    default = WORKER_SCHEMA if settings.migrations is not None else settings.default_schema
    return default_schema_name(replace(settings, default_schema=default), environ)


def _read_table(folder: Path) -> tuple[Path, Mapping[str, Any]] | None:
    own = folder / CONFIG_FILE
    if own.is_file():
        return own, _read_toml(own)
    pyproject = folder / "pyproject.toml"
    if pyproject.is_file():
        table = _read_toml(pyproject).get("tool", {}).get("kongtask")
        if table is not None:
            return pyproject, table
    return None


def _read_toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{path}: {error}") from error


def _parse(file: Path, table: Mapping[str, Any]) -> Settings:
    reader = _Reader(file, table, _TOP_KEYS, "")
    root = file.parent
    folder = root / (reader.text("schema-folder") or "schema")
    migrations = reader.text("migrations")
    default = check_schema_name(reader.text("schema") or WORKER_SCHEMA)
    schemas = {
        name: _parse_schema(file, name, value, root=root, folder=folder, default=default)
        for name, value in reader.table("schemas").items()
    }
    environments = _Reader(file, reader.table("environments"), None, "environments.")
    return Settings(
        root=root,
        file=file,
        connection=reader.text("connection"),
        default_schema=default,
        migrations=root / migrations if migrations else None,
        schema_folder=folder,
        schemas=schemas,
        environments={name: environments.text(name) or "" for name in environments.table_},
        lint=_parse_lint(file, reader.table("lint")),
    )


def _parse_lint(file: Path, table: Mapping[str, Any]) -> LintSettings:
    reader = _Reader(file, table, _LINT_KEYS, "lint.")
    return LintSettings(
        include=reader.texts("include"),
        ignore=tuple(
            _parse_ignore(_Reader(file, entry, _IGNORE_KEYS, f"lint.ignore, entry {number}: "))
            for number, entry in enumerate(reader.tables("ignore"), 1)
        ),
    )


def _parse_ignore(reader: _Reader) -> Ignore:
    object_, file = reader.text("object"), reader.text("file")
    if object_ is not None and file is not None:
        raise UsageError(f"{reader.file}: {reader.prefix}give an object or a file, not both")
    return Ignore(
        rule=reader.required("rule"), reason=reader.required("reason"), object=object_, file=file
    )


def _parse_schema(
    file: Path, name: str, value: Any, *, root: Path, folder: Path, default: str
) -> SchemaSettings:
    check_schema_name(name)
    prefix = f"schemas.{name}."
    if not isinstance(value, Mapping):
        raise UsageError(f"{file}: {prefix[:-1]} must be a table")
    reader = _Reader(file, value, _SCHEMA_KEYS, prefix)
    migrations, committed = reader.text("migrations"), reader.text("committed")
    path = root / committed if committed else folder / schema_file_name(name)
    return SchemaSettings(
        name=name,
        migrations=root / migrations if migrations else None,
        committed=path,
        versions=_versions_folder(path, name, is_default=name == default),
    )


def _versions_folder(committed: Path, schema: str, *, is_default: bool) -> Path:
    """Return where the exports by revision are: several schemas may share a folder of exports."""
    folder = committed.parent / "versions"
    return folder if is_default else folder / schema_file_name(schema).removesuffix(".sql")


class _Reader:
    """Typed look-ups in one TOML table, with errors that name the file and the key."""

    def __init__(
        self, file: Path, table: Mapping[str, Any], known: frozenset[str] | None, prefix: str
    ) -> None:
        self.file, self.table_, self.prefix = file, table, prefix
        unknown = set(table) - known if known is not None else set()
        if unknown:
            raise UsageError(
                f"{file}: unknown key {prefix}{min(unknown)} in kongtask's settings; "
                f"known are {', '.join(sorted(known or ()))}"
            )

    def text(self, key: str) -> str | None:
        value = self.table_.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            raise UsageError(f"{self.file}: {self.prefix}{key} must be a non-empty string")
        return value

    def required(self, key: str) -> str:
        value = self.text(key)
        if value is None:
            raise UsageError(f"{self.file}: {self.prefix}{key} is missing")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.table_.get(key, [])
        if not isinstance(value, list) or not all(isinstance(x, str) and x for x in value):
            raise UsageError(f"{self.file}: {self.prefix}{key} must be a list of non-empty strings")
        return tuple(value)

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        value = self.table_.get(key, [])
        if not isinstance(value, list) or not all(isinstance(x, Mapping) for x in value):
            raise UsageError(f"{self.file}: {self.prefix}{key} must be a list of tables")
        return value

    def table(self, key: str) -> Mapping[str, Any]:
        value = self.table_.get(key, {})
        if not isinstance(value, Mapping):
            raise UsageError(f"{self.file}: {self.prefix}{key} must be a table")
        return value
