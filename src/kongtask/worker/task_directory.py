"""A directory of tasks: Python modules and executables, each named by its path.

Directories are called ``[A-Za-z0-9_-]+`` and files the same with extensions; others are logged and
left out. A task's identifier is its path up to the first dot. Files that share it are looked at
together: a Python module goes before an executable.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kongtask.errors import TaskLoadError
from kongtask.worker.loading import load_file
from kongtask.worker.tasks.executables import executable_task, is_executable
from kongtask.worker.tasks.task import Task, TaskList, make_task

_log = logging.getLogger("kongtask.worker")

_DIRECTORY = re.compile(r"[A-Za-z0-9_-]+")
_FILE = re.compile(r"([A-Za-z0-9_-]+)(\.[A-Za-z0-9_-]+)*")

#: What Python itself keeps in a directory of modules.
_PYTHONS_OWN = frozenset({"__pycache__", "__init__.py"})


def load_directory(folder: Path) -> TaskList:
    """Load every task of a directory.

    Args:
        folder: the directory; its parts are not looked at for being hidden or not.

    Raises:
        TaskLoadError: there is no such directory, an import fails, or a module holds no task.
    """
    if not folder.is_dir():
        raise TaskLoadError(f"the task directory {folder} is no directory")
    groups: dict[str, list[Path]] = {}
    for identifier, file in _files(folder.absolute(), ""):
        groups.setdefault(identifier, []).append(file)
    tasks = TaskList()
    for identifier, files in groups.items():
        task = _load(identifier, files)
        if task is None:
            names = ", ".join(str(file) for file in files)
            _log.warning("%s is no task: neither a Python module nor executable", names)
        else:
            tasks.add(task)
    return tasks


def _files(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    """Yield the files below a directory that may be tasks, with the identifiers they would have."""
    for path in sorted(folder.iterdir()):
        if path.name in _PYTHONS_OWN:
            continue
        if path.is_dir() and not path.is_symlink():
            if _DIRECTORY.fullmatch(path.name):
                yield from _files(path, f"{prefix}{path.name}/")
            else:
                _log.info("left out %s: tasks cannot have such a name", path)
        elif not path.is_file():
            _log.info("left out %s: it is no file", path)
        elif match := _FILE.fullmatch(path.name):
            yield prefix + match[1], path
        else:
            _log.info("left out %s: tasks cannot have such a name", path)


def _load(identifier: str, files: list[Path]) -> Task | None:
    base = identifier.rpartition("/")[2]
    module = next((file for file in files if file.name == f"{base}.py"), None)
    if module is not None:
        return make_task(identifier, _function_of(identifier, module))
    program = next((file for file in files if is_executable(file)), None)
    return None if program is None else executable_task(identifier, program)


def _function_of(identifier: str, file: Path) -> Any:
    """Return a module's task: what it calls ``task``, or else what has the file's name."""
    name = file.stem.replace("-", "_")
    module = load_file(f"kongtask_tasks.{identifier.replace('-', '_').replace('/', '.')}", file)
    for attribute in ("task", name):
        if callable(found := getattr(module, attribute, None)):
            return found
    raise TaskLoadError(f"{file} holds no task: define a function that is called task or {name}")
