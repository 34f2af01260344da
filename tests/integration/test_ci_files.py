"""The hooks for pre-commit and the action for GitHub: well-formed, and their commands work."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # ships no types

from tests.programs import CHECKOUT, ENVIRON, run

HOOKS = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text())
ACTION = yaml.safe_load((CHECKOUT / "action.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "name" in step}

_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A new project with its export, and one commit."""
    folder = tmp_path / "shop"
    assert run("kongtask", "init", "shop", cwd=tmp_path).returncode == 0
    assert run("schema-dump", cwd=folder).returncode == 0
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def add_fault(project: Path) -> None:
    (project / "migrations/000002.sql").write_text("drop table :SCHEMA.accounts;\n")
    assert run("schema-dump", cwd=project).returncode == 0


def step(name: str, project: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as GitHub's runner does."""
    given = {key: value["default"] for key, value in ACTION["inputs"].items()} | inputs
    variables = {
        key: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: given[found[1]], value)
        for key, value in STEPS[name].get("env", {}).items()
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]]
    return subprocess.run(
        command, cwd=project, env={**ENVIRON, **variables}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_passes_a_good_project_and_stops_a_bad_one(
    hook: dict[str, Any], project: Path
) -> None:
    command = shlex.split(hook["entry"])
    assert hook["name"] == hook["entry"]
    assert hook["pass_filenames"] is False
    assert re.search(hook["files"], "migrations/000001.sql")
    done = run(*command, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    # No export of it: verify sees the difference, and lint the fault.
    (project / "migrations/000002.sql").write_text("drop table :SCHEMA.accounts;\n")
    assert run(*command, cwd=project).returncode == 1


def test_the_extras_that_hooks_and_action_install_exist() -> None:
    import tomllib

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    texts = [need for hook in HOOKS for need in hook["additional_dependencies"]]
    texts.append(STEPS["Install kongtask"]["run"])
    for text in texts:
        extras = re.findall(r"\[([a-z,]+)\]", text)[0].split(",")
        assert set(extras) <= project["optional-dependencies"].keys()


def test_the_action_annotates_and_ends_as_the_commands_do(project: Path) -> None:
    assert step("Lint", project).returncode == 0
    assert step("Verify", project).returncode == 0
    add_fault(project)
    done = step("Lint", project, since="git:main")
    assert done.returncode == 1
    assert "::warning file=migrations/000002.sql,line=1,col=1,title=ban-drop-table::" in done.stdout
    assert "linting 1 of 2 migrations" in done.stderr
    assert step("Lint", project, since="2").returncode == 0
    assert step("Verify", project).returncode == 0


def test_the_action_writes_a_file_for_code_scanning_also_where_there_are_findings(
    project: Path,
) -> None:
    add_fault(project)
    done = step("Lint", project, sarif="out file.sarif")
    assert done.returncode == 1
    assert "::warning " in done.stdout
    log = json.loads((project / "out file.sarif").read_text())
    assert len(log["runs"][0]["results"]) == 2
    # An error is no finding, and ends the step at once.
    failed = step("Lint", project, sarif="x.sarif", since="nonsense")
    assert failed.returncode != 0
    assert failed.stdout == ""


def test_inputs_are_documented_and_cannot_become_commands(project: Path) -> None:
    for name, value in ACTION["inputs"].items():
        assert value["description"].endswith("."), name
    for name, found in STEPS.items():
        assert "${{" not in found["run"], name
    done = step("Lint", project, since="$(touch made); touch made2")
    assert done.returncode == 2
    assert not (project / "made").exists()
    assert not (project / "made2").exists()


def test_the_page_names_hooks_and_inputs_that_exist() -> None:
    page = (CHECKOUT / "docs/how-to/ci.md").read_text(encoding="utf-8")
    blocks = [yaml.safe_load(text) for text in _BLOCK.findall(page)]
    steps = [entry for block in blocks if isinstance(block, list) for entry in block]
    (ours,) = (entry for entry in steps if entry.get("uses", "").startswith("you/kongtask@"))
    assert ours["with"].keys() <= ACTION["inputs"].keys()
    (hooks,) = (block["repos"][0]["hooks"] for block in blocks if "repos" in block)
    assert {hook["id"] for hook in hooks} == {hook["id"] for hook in HOOKS}
