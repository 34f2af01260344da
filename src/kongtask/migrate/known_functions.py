"""The function bodies of Graphile Worker's releases, known by their sums alone.

Graphile Worker's functions and kongtask's do the same in other words. A database that Node has
migrated holds Node's; that is no drift, and any other body is. ``tests/interop`` holds the file of
sums against the published packages.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from importlib import resources
from typing import Final

from kongtask.names import quote_identifier

FILE: Final = "known_functions.json"

#: The release that each revision of the worker schema came with.
RELEASES: Final = {18: "0.16", 19: "0.17", 20: "0.18"}


def known_sums(revision: int) -> dict[str, str]:
    """Return the sum of each of Graphile Worker's functions at a revision, by name."""
    return _read().get(str(revision), {})


def body_sum(body: str, schema: str) -> str:
    """Return the sum of a function's body, the same whatever the schema is called.

    Args:
        body: the source between the quotes.
        schema: the name of the schema that the function is in.
    """
    always_quoted = '"' + schema.replace('"', '""') + '"'
    text = body.replace(always_quoted, ":SCHEMA")
    text = re.sub(rf"(?<![\w$]){re.escape(quote_identifier(schema))}(?=\.)", ":SCHEMA", text)
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


@lru_cache(maxsize=1)
def _read() -> dict[str, dict[str, str]]:
    text = (resources.files("kongtask.migrate") / FILE).read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.loads(text)
    return found
