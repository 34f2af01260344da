"""The names of the package itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import assert_type

import pytest

import kongtask
from kongtask.worker import App


def test_every_name_is_there_and_is_the_one_of_its_module() -> None:
    for name in kongtask.__all__:
        assert getattr(kongtask, name) is not None, name
    assert kongtask.App is App
    assert set(kongtask.__all__) <= set(dir(kongtask))


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, kongtask; print([m for m in sys.modules if m.startswith('kongtask.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'kongtask' has no attribute 'Worker'"):
        kongtask.Worker  # type: ignore[attr-defined]  # noqa: B018 -- it is to raise


def test_what_type_checkers_see_is_what_is_there() -> None:
    """The imports under TYPE_CHECKING and the table of names agree."""
    tree = ast.parse(Path(kongtask.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kongtask.")
        for alias in node.names
    }
    assert seen == kongtask._MODULE_OF
    assert {*seen, "__version__"} == set(kongtask.__all__)


def test_types_are_those_of_the_modules() -> None:
    assert_type(kongtask.App(), App)
