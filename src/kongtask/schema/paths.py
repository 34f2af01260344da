"""Where an object's file is, for exports and documentation alike.

A file's name follows from its object alone, so that other objects coming and going never rename
it, and is one that every file system takes: what a file system could not tell apart (letters of
another case, characters that are special somewhere) is told apart by a sum of the name.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from kongtask.schema.model import Kind, Ref

#: Bytes: a table's and its trigger's names are kept whole, a long list of argument types is not.
_LONGEST = 200

#: Names of devices on Windows, whatever the ending.
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d")


def path_of(ref: Ref) -> str:
    """Return an object's place in its schema's folder, without an ending: ``tables/name``."""
    if ref.kind is Kind.SCHEMA:
        return "schema"
    details = ref.detail.split(", ") if ref.detail else []
    return f"{plural(ref.kind).replace(' ', '_')}/{file_name(ref.name, *details)}"


def plural(kind: Kind) -> str:
    """Return the word for several objects of a kind, in small letters."""
    word = kind.lower()
    if word.endswith("y"):
        return f"{word[:-1]}ies"
    if word.endswith(("ss", "x")):
        return f"{word}es"
    return word if word.endswith("s") else f"{word}s"


def file_name(*names: str) -> str:
    """Return names as every file system takes them, with a sum where something had to change."""
    plain = [re.sub(r"\W+", "_", unicodedata.normalize("NFC", name)) for name in names]
    stem = "-".join(plain)
    is_same = all(text == name == name.casefold() for text, name in zip(plain, names, strict=True))
    if is_same and len(stem.encode()) <= _LONGEST and not _DEVICES.fullmatch(stem):
        return stem
    kept = stem.encode()[:_LONGEST].decode(errors="ignore")
    return f"{kept}~{hashlib.sha256(', '.join(names).encode()).hexdigest()[:8]}"
