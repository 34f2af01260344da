"""Pieces of SQL text that several kinds of objects share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kongtask.names import quote_identifier, quote_literal

INDENT = "    "

_BARE_VALUE = re.compile(r"[a-z][a-z0-9_]*\Z|\d+(?:\.\d+)?\Z")


def comment_on(target: str, comment: str | None) -> Iterator[str]:
    """Yield the COMMENT statement, if there is a comment.

    Args:
        target: what stands after COMMENT ON: the kind and the quoted name.
        comment: the text, or None.
    """
    if comment is not None:
        yield f"COMMENT ON {target} IS {quote_literal(comment)};"


def listed(items: Iterable[str]) -> str:
    """Return items in parentheses, one a line."""
    lines = ",\n".join(INDENT + item for item in items)
    return f"(\n{lines}\n)" if lines else "(\n)"


def storage_parameters(options: Iterable[str], prefix: str = "") -> list[str]:
    """Turn ``name=value`` items of reloptions into SQL.

    Args:
        options: as the catalog holds them.
        prefix: ``toast.`` for those of a TOAST table.
    """
    return [f"{prefix}{_parameter(option)}" for option in options]


def _parameter(option: str) -> str:
    name, _, value = option.partition("=")
    quoted = ".".join(quote_identifier(part) for part in name.split("."))
    return f"{quoted}={value if _BARE_VALUE.match(value) else quote_literal(value)}"
