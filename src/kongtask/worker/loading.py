"""Loading what a worker runs: an application by its name, a module by its file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from kongtask.errors import TaskLoadError
from kongtask.worker.app import App

#: The attribute that a module's application has where none is named.
_DEFAULT_NAME = "app"


def load_app(spec: str) -> App:
    """Import an application.

    Args:
        spec: ``module:attribute``, or ``module`` where the attribute is ``app``; the working
            directory is looked in first.

    Raises:
        TaskLoadError: there is no such module or attribute, the import fails, or what is found is
            no application.
    """
    name, colon, path = spec.partition(":")
    if not name or (colon and not path):
        raise TaskLoadError(f"{spec!r} names no application: give module:attribute, as in jobs:app")
    found: object = _import(name)
    for attribute in (path or _DEFAULT_NAME).split("."):
        if not hasattr(found, attribute):
            raise TaskLoadError(_no_attribute(name, attribute, found))
        found = getattr(found, attribute)
    if not isinstance(found, App):
        raise TaskLoadError(
            f"{name}:{path or _DEFAULT_NAME} is no kongtask.App but {_kind(found)}; name the App"
        )
    return found


def load_file(name: str, file: Path) -> ModuleType:
    """Import a module from its file.

    Args:
        name: what the module is to be called.
        file: its source.

    Raises:
        TaskLoadError: the import fails; the message has the traceback.
    """
    _look_in_working_directory()
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None, file
    assert spec.loader is not None, file
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if not isinstance(error, Exception):
            raise
        raise TaskLoadError(f"{file} cannot be imported\n{_trace(error)}") from error
    return module


def _import(name: str) -> ModuleType:
    _look_in_working_directory()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            hint = f"; for the file {name} write {name[:-3]}" if name.endswith(".py") else ""
            raise TaskLoadError(
                f"there is no module {error.name}: it is neither in {Path.cwd()} nor where this "
                f"Python looks for modules ({sys.executable}){hint}"
            ) from error
        raise TaskLoadError(f"the module {name} cannot be imported\n{_trace(error)}") from error
    except Exception as error:
        raise TaskLoadError(f"the module {name} cannot be imported\n{_trace(error)}") from error


def _look_in_working_directory() -> None:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)


def _trace(error: Exception) -> str:
    """Return an error's traceback from the user's own code on."""
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(error)).rstrip()
    frame = error.__traceback__
    while frame is not None and _is_machinery(frame.tb_frame.f_code.co_filename):
        frame = frame.tb_next
    return "".join(traceback.format_exception(type(error), error, frame)).rstrip()


def _is_machinery(file: str) -> bool:
    return file in {__file__, importlib.__file__} or file.startswith("<frozen importlib")


def _no_attribute(module: str, attribute: str, found: object) -> str:
    apps = [name for name, value in vars(found).items() if isinstance(value, App)]
    hint = f"; {module}:{apps[0]} is an App" if apps else "; make one: app = kongtask.App()"
    return f"the module {module} has no attribute {attribute}{hint}"


def _kind(found: object) -> str:
    return f"the class {found.__name__}" if isinstance(found, type) else type(found).__name__
