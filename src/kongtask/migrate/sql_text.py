"""PostgreSQL's lexical rules: cutting a text into tokens, and a file into statements.

A port of the server's scanner (``scan.l``) as far as token boundaries go, and of psql's rule for
SQL-standard function bodies (``psqlscan.l``). Settings that change the rules do not matter here:
migrations run with ``standard_conforming_strings`` on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a token is; white space is no token."""

    WORD = "keyword or bare identifier"
    QUOTED = "quoted identifier"
    UNICODE_QUOTED = "quoted identifier with Unicode escapes"
    STRING = "string"
    ESCAPE_STRING = "string with backslash escapes"
    UNICODE_STRING = "string with Unicode escapes"
    DOLLAR_STRING = "dollar-quoted string"
    NUMBER = "number"
    PARAMETER = "parameter"
    COMMENT = "comment"
    SYMBOL = "symbol"


class Token(NamedTuple):
    """A piece of a text; a tuple and no data class because large files have millions of them.

    Attributes:
        kind: what it is.
        start: offset of its first character.
        end: offset behind its last character.
        is_closed: False for a string, name or comment that the text ends in the middle of.
    """

    kind: Kind
    start: int
    end: int
    is_closed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a file.

    Attributes:
        text: its text, from its first token to its last; no semicolon, no comments around it.
        start: offset of the text in the file.
        tokens: its tokens without comments; their offsets are the file's.
        words: its first words in upper case, up to the first token that is no bare word.
    """

    text: str
    start: int
    tokens: Sequence[Token]
    words: tuple[str, ...]


_TOKEN = re.compile(
    r"""
    (?P<space>       [ \t\n\r\f\v]+ )
  | (?P<line>        --[^\n\r]* )
  | (?P<block>       /\* )
  | (?P<escape>      [eE]' )
  | (?P<unicode>     [uU]&' )
  | (?P<unicodename> [uU]&" )
  | (?P<string>      [bBxXnN]?' )
  | (?P<word>        [A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]* )
  | (?P<quoted>      " )
  | (?P<dollar>      \$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$ )
  | (?P<parameter>   \$[0-9]+ )
  | (?P<number>      0[xX][0-9a-fA-F_]+ | 0[oO][0-7_]+ | 0[bB][01_]+
                   | [0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?(?:[eE][-+]?[0-9_]+)? )
  | (?P<symbol>      . )
    """,
    re.VERBOSE | re.DOTALL,
)

_SIMPLE = {
    "line": Kind.COMMENT,
    "word": Kind.WORD,
    "parameter": Kind.PARAMETER,
    "number": Kind.NUMBER,
    "symbol": Kind.SYMBOL,
}
_QUOTES = {
    "string": (Kind.STRING, "'"),
    "unicode": (Kind.UNICODE_STRING, "'"),
    "quoted": (Kind.QUOTED, '"'),
    "unicodename": (Kind.UNICODE_QUOTED, '"'),
}

_BLOCK_EDGE = re.compile(r"/\*|\*/")
_ESCAPE_BODY = re.compile(r"(?:[^'\\]++|\\.|'')*+", re.DOTALL)

#: Strings with a line break between them are one string, and the mode of the first goes on.
_CONTINUED = re.compile(
    r"(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'", re.DOTALL
)


def tokenize(text: str) -> Iterator[Token]:
    """Cut an SQL text into tokens, comments included.

    Args:
        text: any text; what is no SQL still gives tokens, at worst an unclosed string.
    """
    position, size = 0, len(text)
    while position < size:
        match = _TOKEN.match(text, position)
        assert match is not None
        group = match.lastgroup or ""
        if group == "space":
            position = match.end()
            continue
        token = _finish(text, match, group)
        yield token
        position = token.end


def _finish(text: str, match: re.Match[str], group: str) -> Token:
    start, end = match.span()
    if group in _SIMPLE:
        return Token(_SIMPLE[group], start, end)
    if group in _QUOTES:
        kind, quote = _QUOTES[group]
        return Token(kind, start, *_end_of_quoted(text, end, quote))
    if group == "escape":
        return Token(Kind.ESCAPE_STRING, start, *_end_of_escape_string(text, end))
    if group == "dollar":
        found = text.find(match[0], end)
        closing = (found + len(match[0]), True) if found >= 0 else (len(text), False)
        return Token(Kind.DOLLAR_STRING, start, *closing)
    return Token(Kind.COMMENT, start, *_end_of_block_comment(text, end))


def _end_of_quoted(text: str, position: int, quote: str) -> tuple[int, bool]:
    while True:
        found = text.find(quote, position)
        if found < 0:
            return len(text), False
        if not text.startswith(quote, found + 1):
            return found + 1, True
        position = found + 2


def _end_of_escape_string(text: str, position: int) -> tuple[int, bool]:
    while True:
        match = _ESCAPE_BODY.match(text, position)
        end = match.end() if match else position
        if not text.startswith("'", end):
            return len(text), False
        continued = _CONTINUED.match(text, end + 1)
        if continued is None:
            return end + 1, True
        position = continued.end()


def _end_of_block_comment(text: str, position: int) -> tuple[int, bool]:
    depth = 1
    for edge in _BLOCK_EDGE.finditer(text, position):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end(), True
    return len(text), False


def split_statements(text: str, tokens: Sequence[Token] | None = None) -> list[Statement]:
    """Split a file into its statements.

    Args:
        text: the file's text.
        tokens: its tokens, where they are at hand.
    """
    statements: list[Statement] = []
    current: list[Token] = []
    nesting = _Nesting(text)
    for token in tokens if tokens is not None else tokenize(text):
        if token.kind is Kind.COMMENT:
            continue
        if nesting.is_outermost and text[token.start] == ";":
            if current:
                statements.append(_statement(text, current))
            current, nesting = [], _Nesting(text)
            continue
        nesting.read(token)
        current.append(token)
    if current:
        statements.append(_statement(text, current))
    return statements


def _statement(text: str, tokens: Sequence[Token]) -> Statement:
    words = []
    for token in tokens:
        if token.kind is not Kind.WORD:
            break
        words.append(text[token.start : token.end].upper())
    start, end = tokens[0].start, tokens[-1].end
    return Statement(text=text[start:end], start=start, tokens=tuple(tokens), words=tuple(words))


class _Nesting:
    """How deep a statement's tokens lie in parentheses and in a ``BEGIN ATOMIC`` body."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parentheses = 0
        self._blocks = 0
        self._head: list[str] = []  # the statement's first words
        self._before = ""  # the token before, in upper case

    @property
    def is_outermost(self) -> bool:
        """Tell whether a semicolon here ends the statement."""
        return self._parentheses <= 0 and self._blocks == 0

    def read(self, token: Token) -> None:
        """Take the next token into account."""
        if token.kind is Kind.WORD:
            word = self._text[token.start : token.end].upper()
            self._read_word(word)
            self._before = word
            return
        symbol = self._text[token.start] if token.kind is Kind.SYMBOL else ""
        self._parentheses += {"(": 1, ")": -1}.get(symbol, 0)
        self._before = symbol

    def _read_word(self, word: str) -> None:
        if len(self._head) < 4:
            self._head.append(word)
        is_label = self._before in {"AS", "."}  # `as end` and `t.case` are names
        if self._blocks == 0:
            if word == "ATOMIC" and self._before == "BEGIN" and self._makes_routine():
                self._blocks = 1
        elif word == "CASE" and not is_label:
            self._blocks += 1
        elif word == "END" and not is_label:
            self._blocks -= 1

    def _makes_routine(self) -> bool:
        head = [word for word in self._head if word not in {"OR", "REPLACE"}]
        return head[:1] == ["CREATE"] and head[1:2] in (["FUNCTION"], ["PROCEDURE"])
