"""Which objects a person means by a word: ``orders``, ``shop.orders.total``, ``f(integer)``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from kongtask.errors import SchemaNotFoundError
from kongtask.names import qualify, quote_identifier
from kongtask.schema.diff import title
from kongtask.schema.diff.changes import PARTS
from kongtask.schema.model import Kind, Ref

_CALLED = frozenset({Kind.FUNCTION, Kind.PROCEDURE, Kind.AGGREGATE, Kind.OPERATOR})


def fitting(refs: Iterable[Ref], words: Iterable[str]) -> list[Ref]:
    """Return the objects that fit at least one word, in the order given.

    A word is a name, a name with its schema, a part behind its table (``orders.total``), a
    function with its types, or all that behind its kind (``table shop.orders``); ``*``, ``?`` and
    ``[…]`` are wildcards.

    Args:
        refs: the objects.
        words: what somebody typed.

    Raises:
        SchemaNotFoundError: nothing fits a word; the message has the nearest names.
    """
    known = {ref: spellings(ref) for ref in refs}
    found = set[Ref]()
    for word in words:
        fits = {ref for ref, names in known.items() if any(_fits(name, word) for name in names)}
        if not fits:
            every = {name for names in known.values() for name in names}
            near = difflib.get_close_matches(word, every, n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise SchemaNotFoundError(f'there is no object "{word}"{hint}')
        found |= fits
    return [ref for ref in known if ref in found]


def spellings(ref: Ref) -> tuple[str, ...]:
    """Return the ways to name an object."""
    names = tuple(dict.fromkeys(_names(ref)))
    kind = ref.kind.lower()
    return (title(ref), *names, *(f"{kind} {name}" for name in names))


def _names(ref: Ref) -> Iterator[str]:
    if ref.kind is Kind.SCHEMA:
        yield ref.schema
        return
    if ref.kind in PARTS:
        yield ref.detail
        yield f"{ref.name}.{ref.detail}"
        yield f"{ref.schema}.{ref.name}.{ref.detail}"
        yield f"{qualify(ref.schema, ref.name)}.{quote_identifier(ref.detail)}"
        return
    for name in (ref.name, f"{ref.schema}.{ref.name}", qualify(ref.schema, ref.name)):
        yield name
        if ref.kind in _CALLED:
            yield f"{name}({ref.detail})"


def _fits(name: str, word: str) -> bool:
    return name == word or fnmatchcase(name, word)
