"""Putting the schema's name in the place of ``:GRAPHILE_WORKER_SCHEMA`` and ``:SCHEMA``.

The text is changed as text, also inside function bodies, so a hostile name could end a quotation
and go on as SQL. Therefore the result is cut into tokens again, bodies included, and compared with
what a harmless name gives: unless every token begins and ends at the same place of the file, the
name is refused.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from kongtask.errors import UsageError
from kongtask.migrate.sql_text import Kind, Token, split_statements, tokenize
from kongtask.names import quote_identifier

#: The placeholder of every migration set, and the shorter one of all but the worker's own.
WORKER_PLACEHOLDER = "GRAPHILE_WORKER_SCHEMA"
SHORT_PLACEHOLDER = "SCHEMA"

#: Characters that mean something inside a string, or inside the SQL or format that it may hold.
_SPECIAL_IN_STRINGS = re.compile(r"['\\%$\x00-\x1f\x7f]")

#: Names that are one token of letters wherever they stand, so that no string can mind them.
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")

#: Characters that make one token with a name behind or before them.
_JOINS_WHAT_FOLLOWS = re.compile(r"[A-Za-z0-9_$\x80-\U0010ffff]")
_JOINS_WHAT_IS_BEFORE = re.compile(r"['\"&$:]")

#: Bodies in these languages follow PostgreSQL's lexical rules; of others we know nothing.
_SQL_LANGUAGES = frozenset({"sql", "plpgsql"})

#: Where a token begins or ends: an offset in the file, or (offset, n) inside a replaced name.
_Place = int | tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Substituted:
    """A text with its placeholders replaced.

    Attributes:
        text: the result.
        starts: offsets in the result where the replaced names begin.
        ends: offsets in the result where they end.
        origins: offsets in the file of the placeholders.
        origin_ends: offsets in the file where they end.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    origins: tuple[int, ...]
    origin_ends: tuple[int, ...]

    def holds_name(self, start: int, end: int) -> bool:
        """Tell whether a replaced name begins in a part of the result."""
        index = bisect_left(self.starts, start)
        return index < len(self.starts) and self.starts[index] < end

    def origin(self, offset: int) -> int:
        """Return the offset in the file of an offset in the result.

        Inside a replaced name that is the beginning of the placeholder.
        """
        place = self.place(offset)
        return place if isinstance(place, int) else place[0]

    def place(self, offset: int) -> _Place:
        """Return the offset in the file, or what tells that it lies inside a replaced name."""
        index = bisect_right(self.starts, offset) - 1
        if index < 0:
            return offset
        if offset == self.starts[index]:
            return self.origins[index]
        if offset < self.ends[index]:
            return self.origins[index], offset - self.starts[index]
        return self.origin_ends[index] + offset - self.ends[index]


def substitute(
    text: str,
    schema: str,
    *,
    placeholders: frozenset[str],
    others: Mapping[str, str] = MappingProxyType({}),
    file: str = "the migration",
) -> Substituted:
    """Replace the placeholders of a text with the quoted name of a schema.

    Args:
        text: the text of a migration.
        schema: the schema's name, not quoted.
        placeholders: the names that stand for it, without their colon.
        others: the names of other schemas, not quoted, by the placeholders that stand for them.
        file: what to call the text in an error.

    Raises:
        UsageError: the name would be more than a name somewhere in this text.
    """
    schemas = {**dict.fromkeys(placeholders, schema), **others}
    pattern = _pattern(schemas)
    quoted = {placeholder: quote_identifier(name) for placeholder, name in schemas.items()}
    names = frozenset(quoted.values())
    result = _replace(text, pattern, quoted)
    if not result.starts or _is_plain_everywhere(text, result, names):
        return result
    safe = _harmless_name(text, schemas.values())
    harmless = _replace(text, pattern, dict.fromkeys(schemas, safe))
    places = (_structure(version, 0, len(version.text)) for version in (result, harmless))
    if any(ours != theirs for ours, theirs in itertools.zip_longest(*places)):
        raise _refusal(schema, file, "it would end a quotation there")
    for statement in split_statements(result.text):
        if not result.holds_name(statement.start, statement.start + len(statement.text)):
            continue
        language = _language(result.text, statement.tokens)
        for token in statement.tokens:
            reason = _objection(result, names, token, language)
            if reason:
                raise _refusal(schema, file, reason)
    return result


def _refusal(schema: str, file: str, reason: str) -> UsageError:
    return UsageError(
        f"the schema name {schema!r} cannot be used in {file}: {reason}; "
        "choose a name of letters, digits and underscores"
    )


def _pattern(placeholders: Iterable[str]) -> re.Pattern[str]:
    names = "|".join(sorted(placeholders, key=len, reverse=True))
    # An odd number of colons: pairs are casts, and the last one is the placeholder's.
    return re.compile(rf"(?<!:)((?:::)*):({names})(?![A-Za-z0-9_\x80-\U0010ffff])")


def _harmless_name(text: str, schemas: Collection[str]) -> str:
    candidates = (f"kongtask_name{n}" for n in itertools.count())
    return next(name for name in candidates if not any(name in each for each in (text, *schemas)))


def _replace(text: str, pattern: re.Pattern[str], names: Mapping[str, str]) -> Substituted:
    pieces: list[str] = []
    starts, ends, origins, origin_ends = [], [], [], []
    done = size = 0
    for match in pattern.finditer(text):
        before, name = text[done : match.end(1)], names[match[2]]
        pieces += [before, name]
        starts.append(size + len(before))
        ends.append(size + len(before) + len(name))
        origins.append(match.end(1))
        origin_ends.append(match.end())
        size, done = ends[-1], match.end()
    pieces.append(text[done:])
    return Substituted(
        text="".join(pieces), starts=tuple(starts), ends=tuple(ends),
        origins=tuple(origins), origin_ends=tuple(origin_ends),
    )  # fmt: skip


def _is_plain_everywhere(text: str, result: Substituted, names: frozenset[str]) -> bool:
    """Tell whether names of plain letters stand alone, so that nothing need be compared.

    This is the common case, and comparing takes seconds for a file of megabytes.
    """
    return _are_plain(names) and not any(
        (start and _JOINS_WHAT_FOLLOWS.match(text, start - 1))
        or _JOINS_WHAT_IS_BEFORE.match(text, end)
        for start, end in zip(result.origins, result.origin_ends, strict=True)
    )


def _structure(text: Substituted, start: int, end: int) -> Iterator[tuple[object, ...]]:
    """Yield the tokens of a part by their places in the file, dollar-quoted bodies included."""
    for token in tokenize(text.text[start:end]):
        first, last = start + token.start, start + token.end
        # A name may be bare or quoted; that is the one difference between harmless and hostile.
        kind = Kind.WORD if token.kind is Kind.QUOTED else token.kind
        yield kind, text.place(first), text.place(last), token.is_closed
        if token.kind is Kind.DOLLAR_STRING:
            tag = _tag_size(text.text, first)
            yield from _structure(text, first + tag, last - tag if token.is_closed else last)


def _tag_size(text: str, start: int) -> int:
    return text.index("$", start + 1) + 1 - start


def _are_plain(names: frozenset[str]) -> bool:
    return all(_PLAIN_NAME.fullmatch(name) for name in names)


def _objection(text: Substituted, names: frozenset[str], token: Token, language: str) -> str | None:
    """Say why a name must not stand in a string; None if it may, or if it does not stand there."""
    if not text.holds_name(token.start, token.end) or _are_plain(names):
        return None
    if token.kind is Kind.STRING and any(map(_SPECIAL_IN_STRINGS.search, names)):
        return "it has characters that mean something inside a string"
    if token.kind in {Kind.ESCAPE_STRING, Kind.UNICODE_STRING, Kind.UNICODE_QUOTED}:
        return "it would stand in a string with escapes"
    if token.kind is not Kind.DOLLAR_STRING:
        return None
    if language not in _SQL_LANGUAGES:
        return f"it would stand in a body in the language {language}, whose rules are not known"
    start = token.start + _tag_size(text.text, token.start)
    inner = tokenize(text.text[start : token.end])
    moved = (part._replace(start=start + part.start, end=start + part.end) for part in inner)
    return next(filter(None, (_objection(text, names, part, language) for part in moved)), None)


def _language(text: str, tokens: Sequence[Token]) -> str:
    """Return the language of a statement's bodies, in lower case."""
    first = text[tokens[0].start : tokens[0].end].upper()
    language = "plpgsql" if first == "DO" else "sql"
    for token, following in itertools.pairwise(tokens):
        if text[token.start : token.end].upper() == "LANGUAGE":
            language = text[following.start : following.end].strip("'\"").lower()
    return language
