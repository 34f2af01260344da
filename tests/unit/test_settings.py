"""Settings: where they are found, what they mean, and the errors of a wrong file."""

from __future__ import annotations

from pathlib import Path

import pytest

from kongtask.errors import UsageError
from kongtask.settings import (
    Ignore,
    default_schema_name,
    load_settings,
    schema_file_name,
    worker_schema_name,
)


def write(folder: Path, text: str, name: str = "kongtask.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_the_worker_schema_and_a_schema_folder_are_meant(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert settings.file is None
    assert settings.default_schema == "graphile_worker"
    assert settings.schema("x").committed == tmp_path / "schema" / "x.sql"
    assert settings.schema("graphile_worker").migrations is None


def test_the_nearest_file_above_is_taken_and_paths_are_relative_to_it(tmp_path: Path) -> None:
    write(tmp_path, 'schema = "far"')
    file = write(tmp_path / "a", 'schema = "near"\nmigrations = "sql"\nschema-folder = "out"')
    settings = load_settings(tmp_path / "a" / "b" / "c")
    assert (settings.file, settings.default_schema) == (file, "near")
    assert settings.schema("near").migrations == tmp_path / "a" / "sql"
    assert settings.schema("near").committed == tmp_path / "a" / "out" / "near.sql"


def test_a_pyproject_without_our_table_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, '[tool.kongtask]\nschema = "mine"', "pyproject.toml")
    write(tmp_path / "inner", '[project]\nname = "x"', "pyproject.toml")
    assert load_settings(tmp_path / "inner").default_schema == "mine"


def test_further_schemas_have_files_of_their_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[schemas.billing]\nmigrations = "b/sql"\ncommitted = "b/schema.sql"\n[schemas.other]',
    )
    settings = load_settings(tmp_path)
    assert settings.schema("billing").migrations == tmp_path / "b" / "sql"
    assert settings.schema("billing").committed == tmp_path / "b" / "schema.sql"
    assert settings.schema("other").committed == tmp_path / "schema" / "other.sql"


def test_what_linting_looks_for_and_does_not_speak_of(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[lint]\ninclude = ["a"]\n'
        "ignore = ["
        '{ rule = "b", object = "table x.*", reason = "c" }, '
        '{ rule = "d", reason = "e" }'
        "]",
    )
    lint = load_settings(tmp_path).lint
    assert lint.include == ("a",)
    assert lint.ignore == (
        Ignore(rule="b", object="table x.*", reason="c"),
        Ignore(rule="d", reason="e"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("schema = ", "Invalid value"),
        ("shema = 'x'", "unknown key shema"),
        ("schema = 7", "schema must be a non-empty string"),
        ("schema = ''", "schema must be a non-empty string"),
        ("schemas = 'x'", "schemas must be a table"),
        ("[schemas]\nx = 'y'", "schemas.x must be a table"),
        ("[schemas.x]\nfile = 'y'", "unknown key schemas.x.file"),
        ("[environments]\nstaging = 1", "environments.staging must be a non-empty string"),
        (f"schema = '{'x' * 64}'", "has 64 bytes"),
        ("[lint]\nignored = []", "unknown key lint.ignored"),
        ("[lint]\ninclude = 'x'", "lint.include must be a list of non-empty strings"),
        ("[lint]\ninclude = ['']", "lint.include must be a list of non-empty strings"),
        ("[lint]\nignore = ['x']", "lint.ignore must be a list of tables"),
        ("[[lint.ignore]]\nrule = 'x'", "lint.ignore, entry 1: reason is missing"),
        ("[[lint.ignore]]\nreason = 'x'", "lint.ignore, entry 1: rule is missing"),
        ("[[lint.ignore]]\nrule = 'x'\nreason = 'y'\nwhy = 'z'", "entry 1: why"),
        (
            "[[lint.ignore]]\nrule = 'x'\nreason = 'y'\nfile = 'z'\nobject = 'z'",
            "give an object or a file, not both",
        ),
    ],
)
def test_a_wrong_file_is_an_error_that_names_it_and_the_key(
    tmp_path: Path, text: str, expected: str
) -> None:
    file = write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load_settings(tmp_path)
    assert expected in str(caught.value)
    assert str(file) in str(caught.value) or "bytes" in expected


def test_the_environment_names_the_default_schema_before_the_project(tmp_path: Path) -> None:
    write(tmp_path, 'schema = "mine"')
    settings = load_settings(tmp_path)
    assert default_schema_name(settings, {}) == "mine"
    assert default_schema_name(settings, {"GRAPHILE_WORKER_SCHEMA": "other"}) == "other"
    with pytest.raises(UsageError, match="set but empty"):
        default_schema_name(settings, {"GRAPHILE_WORKER_SCHEMA": ""})


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("plain", "plain.sql"),
        ("../etc/passwd", "%2E.%2Fetc%2Fpasswd.sql"),
        (".hidden", "%2Ehidden.sql"),
        ("a\nb", "a%0Ab.sql"),
        ('we"ird; drop', 'we"ird; drop.sql'),
        ("100%", "100%25.sql"),
    ],
)
def test_a_schemas_file_stays_in_its_folder(schema: str, name: str) -> None:
    assert schema_file_name(schema) == name


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", "graphile_worker"),
        ('schema = "shop"\nmigrations = "migrations"', "graphile_worker"),
        ('schema = "jobs"', "jobs"),
    ],
)
def test_jobs_are_in_the_worker_schema_and_not_beside_a_project_s_tables(
    tmp_path: Path, settings: str, expected: str
) -> None:
    (tmp_path / "kongtask.toml").write_text(settings)
    assert worker_schema_name(load_settings(tmp_path), {}) == expected
    assert worker_schema_name(load_settings(tmp_path), {"GRAPHILE_WORKER_SCHEMA": "x"}) == "x"
