"""The documents agree with the code and with one another."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from kongtask import settings
from kongtask.cli import kongtask
from kongtask.cli.lazy import LazyGroup
from kongtask.database import connection
from tests.programs import CHECKOUT

DOCS = CHECKOUT / "docs"
PAGES = sorted(
    (
        *CHECKOUT.glob("*.md"),
        *DOCS.rglob("*.md"),
        *(CHECKOUT / "src/kongtask/migrate").rglob("*.md"),
    )
)
PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))

_FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose_of(page: Path) -> str:
    return _FENCED.sub("", text_of(page))


def anchors_of(page: Path) -> set[str]:
    """Return the anchors that a forge gives to a page's headings."""
    words = (
        re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose_of(page))
    )
    return {heading.replace(" ", "-") for heading in words}


def commands_of(group: LazyGroup, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield the commands of a group and of the groups in it, by the words that call them."""
    for name in group.commands_by_name:
        found = group.get_command(click.Context(group), name)
        assert found is not None
        yield (*path, name), found
        if isinstance(found, LazyGroup):
            yield from commands_of(found, *path, name)


COMMANDS = dict(commands_of(kongtask))
LISTED = {
    (*path, name): help_
    for path, group in {(): kongtask, **COMMANDS}.items()
    if isinstance(group, LazyGroup)
    for name, (_, help_) in group.commands_by_name.items()
}


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """docs/generate.py, which is a program and no part of the package."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_up_to_date(
    generate: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    code = generate.main(["--check"])
    assert code == 0, f"run `make docs`\n{capsys.readouterr().out}"


def test_the_check_shows_a_page_that_is_not_up_to_date_and_leaves_it_alone(
    generate: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(generate, "REFERENCE", tmp_path)
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    page = tmp_path / "cli.md"
    page.write_text(text_of(page) + "An addition by hand.\n", encoding="utf-8")
    assert generate.main(["--check"]) == 1
    assert "-An addition by hand." in capsys.readouterr().out
    assert text_of(page).endswith("An addition by hand.\n")


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_option_has_a_help_text(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert command.help
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_in_the_list_of_commands_is_the_command_s_own_first_line(
    path: tuple[str, ...],
) -> None:
    assert LISTED[path] == (COMMANDS[path].help or "").partition("\n")[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    broken = []
    for link in _LINK.findall(prose_of(page)):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []


def test_every_page_of_docs_is_in_their_table_of_contents() -> None:
    """Or in the table of contents of a folder that is in theirs."""
    linked, waiting = {DOCS / "README.md"}, [DOCS / "README.md"]
    while waiting:
        contents = waiting.pop()
        found = {(contents.parent / x).resolve() for x in _LINK.findall(text_of(contents))}
        waiting += [x for x in found - linked if x.name == "README.md" and DOCS in x.parents]
        linked |= found
    assert len(list(DOCS.rglob("*.md"))) > 10
    assert set(DOCS.rglob("*.md")) <= linked


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_options_that_the_text_names_exist(page: Path) -> None:
    """Blocks of commands are run by an integration test; this is about code inside sentences."""
    unknown = []
    for code in _CODE.findall(prose_of(page)):
        words = code.split()
        if words[:1] == ["kongtask"]:
            words = words[1:]
        path = next((tuple(words[:n]) for n in (2, 1) if tuple(words[:n]) in COMMANDS), None)
        if path is None:
            continue
        known = {name for param in COMMANDS[path].params for name in param.opts}
        unknown += [
            code for word in words[1:] if word.startswith("-") and word.split("=")[0] not in known
        ]
    assert unknown == []


def test_the_picture_in_readme_shows_the_rooms_and_the_import_rule() -> None:
    """Its arrows join each layer of pyproject's rule with the next, and nothing else."""
    contract = PYPROJECT["tool"]["importlinter"]["contracts"][0]
    layers = [
        [room.strip().removeprefix("kongtask.") for room in layer.split("|")]
        for layer in contract["layers"]
    ]
    wanted = {
        (above, below)
        for upper, lower in itertools.pairwise(layers)
        for above in upper
        for below in lower
    }
    (picture,) = re.findall(r"```mermaid\n(.*?)```", text_of(CHECKOUT / "README.md"), re.DOTALL)
    assert set(re.findall(r"^ +(\w+) --> (\w+)$", picture, re.MULTILINE)) == wanted


def test_the_reference_has_every_key_of_the_settings() -> None:
    page = text_of(DOCS / "reference/configuration.md")
    documented = set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))
    tables = {"schemas", "environments", "lint"}
    wanted = set(settings._TOP_KEYS - tables)
    wanted |= {f"schemas.NAME.{key}" for key in settings._SCHEMA_KEYS} | {"environments.NAME"}
    wanted |= {f"lint.{key}" for key in settings._LINT_KEYS}
    assert documented == wanted
    assert [key for key in settings._IGNORE_KEYS if f"\n- `{key}`: " not in page] == []


def test_the_reference_has_every_environment_variable_that_the_code_reads() -> None:
    page = text_of(DOCS / "reference/environment.md")
    source = "".join(text_of(path) for path in (CHECKOUT / "src").rglob("*.py"))
    read = set(re.findall(r'environ(?:\.get\(|\[)"(\w+)"', source))
    read |= {*connection._LIBPQ_SERVER_VARIABLES, *re.findall(r"\bKONGTASK_[A-Z_]+\b", source)}
    assert {"DATABASE_URL", "SOURCE_DATE_EPOCH", "PGHOST"} <= read
    assert {name for name in read if f"`{name}`" not in page} == set()


def test_every_point_of_compatibility_names_tests_that_exist() -> None:
    page = text_of(DOCS / "explanation/compatibility.md")
    rows = re.findall(r"^\| (\d*) ?\| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert [int(number) for number, _, _ in rows if number] == list(range(1, 11))
    for _, point, tests in rows[1:]:
        names = re.findall(r"`([\w/.]+)::(\w+)`", tests)
        assert names, point
        for file, name in names:
            tree = ast.parse(text_of(CHECKOUT / file))
            defined = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
            assert name in defined, f"{file}::{name}"


def test_every_dependency_is_explained() -> None:
    page = text_of(DOCS / "explanation/dependencies.md")
    project = PYPROJECT["project"]
    extras = [need for needs in project["optional-dependencies"].values() for need in needs]
    needs = [*project["dependencies"], *extras, *PYPROJECT["build-system"]["requires"]]
    names = [re.split(r"[><=~! ]", need)[0] for need in needs]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_the_tables_of_exit_codes_know_every_code() -> None:
    page = text_of(DOCS / "reference/errors.md")
    for code in (0, 1, 2, 57):
        assert f"| {code} |" in page


def test_the_workers_in_service_files_and_images_start_as_they_are_written() -> None:
    """No service manager runs here; but what it would call is a command line of ours."""
    text = text_of(DOCS / "how-to/deployment.md")
    (start,) = re.findall(r"^ExecStart=\S+/kongtask run (.+)$", text, re.MULTILINE)
    (entry,) = re.findall(r"^ENTRYPOINT (\[.+\])$", text, re.MULTILINE)
    program, name, *words = json.loads(entry)
    assert (program, name) == ("kongtask", "run")
    command = COMMANDS[("run",)]
    for arguments in (start.split(), words):
        assert command.make_context("run", arguments).params["app_name"] == "shop:app"
