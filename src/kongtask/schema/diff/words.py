"""Attributes and values of the model in the words of a reader of SQL."""

from __future__ import annotations

import json
from typing import Any

_WORDS = {"not_null": "NOT NULL", "column_order": "order of columns", "is_valid": "valid"}


def word(name: str) -> str:
    """Return an attribute's name as a reader of SQL knows it."""
    return _WORDS.get(name, name.replace("_", " ").replace(".", " "))


def shown(value: Any) -> str:
    """Return a value of the model as a reader of SQL expects it."""
    if value is None:
        return "none"
    if value is True or value is False:
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if value else "''"
    if value == {}:
        return "yes"  # a part that is there and has nothing unusual, such as NOT NULL
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value) if value else "none"
    return json.dumps(value, ensure_ascii=False)
