"""Any PostgreSQL schema: catalog -> model -> order -> text.

What is here is imported when it is asked for: an export begins to read before it can print.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kongtask.schema.catalog import read, read_all, read_database
    from kongtask.schema.document import decode, encode
    from kongtask.schema.render import render

__all__ = ["decode", "encode", "read", "read_all", "read_database", "render"]

_HOMES = {
    "decode": "document", "encode": "document", "read": "catalog", "read_all": "catalog",
    "read_database": "catalog", "render": "render",
}  # fmt: skip


class _Package(ModuleType):
    """Keeps the name ``render`` for the function; importing the package of that name takes it."""

    def __setattr__(self, name: str, value: Any) -> None:
        is_package = name == "render" and isinstance(value, ModuleType)
        super().__setattr__(name, value.render if is_package else value)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


sys.modules[__name__].__class__ = _Package
