"""SQL with its words coloured: Pygments tells what each is, the style sheet which colour it has."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from pygments.lexer import Lexer

#: The classes of the style sheet, by the beginning of a token's name.
_CLASSES = (
    ("Token.Comment", "c"),
    ("Token.Keyword", "k"),
    ("Token.Name.Builtin", "t"),
    ("Token.Literal.String", "s"),
    ("Token.Literal.Number", "n"),
)


def highlighted(lines: Iterable[str]) -> list[Markup]:
    """Return the lines of an SQL text as HTML."""
    text = "\n".join(lines)
    found = [""]
    for token, value in _lexer().get_tokens(text):
        class_ = _class(token)
        for number, part in enumerate(value.split("\n")):
            if number:
                found.append("")
            if part:
                words = escape(part)
                found[-1] += f'<span class="{class_}">{words}</span>' if class_ else words
    return [Markup(line) for line in found]  # noqa: S704 - all that is not ours is escaped above


@cache
def _lexer() -> Lexer:
    from pygments.lexers.sql import PostgresLexer

    return PostgresLexer(stripnl=False, ensurenl=False)


@cache
def _class(token: Any) -> str | None:
    name = str(token)
    # A name in double quotes is a name.
    if name == "Token.Literal.String.Name":
        return None
    return next((class_ for start, class_ in _CLASSES if name.startswith(start)), None)
