"""Operations as statements: SQL from a file, values to bind, and what the answer means. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from kongtask.names import (
    WORKER_SCHEMA,
    check_schema_name,
    extension_schema_name,
    quote_identifier,
)

T = TypeVar("T")

#: What is bound. Everything else travels as text and is cast in the statement, so that no driver's
#: own idea of a type, and nothing that a caller has taught it, plays a part.
Value: TypeAlias = str | int | bool | list[str] | list[str | None] | Sequence[int | None] | None

Row: TypeAlias = Sequence[Any]

_FOLDER = Path(__file__).with_name("sql")
_PLACEHOLDER = ":GRAPHILE_WORKER_SCHEMA"

#: Stands for the schema of what kongtask adds beside it.
_EXTENSION_PLACEHOLDER = ":EXTENSION_SCHEMA"


class Style(Enum):
    """How a driver writes the place of a value."""

    DOLLAR = "$1"
    NAMED = "%(p1)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Generic[T]):
    """A statement to run, and what its answer means.

    Attributes:
        name: the file in the folder ``sql``, without its suffix.
        folder: the folder that has the file.
        schema: the worker schema, not quoted.
        values: what to bind to ``$1``, ``$2``, …
        has_rows: whether it is one that answers with rows, if only with none.
        decode: makes the answer of the rows.
        doing: what is being done, for an error.
    """

    name: str
    decode: Callable[[Sequence[Row]], T]
    doing: str
    schema: str = WORKER_SCHEMA
    values: tuple[Value, ...] = ()
    has_rows: bool = True
    folder: Path = _FOLDER

    def text(self, style: Style = Style.DOLLAR) -> str:
        """Return the SQL as a driver wants it."""
        return _text(self.folder / f"{self.name}.sql", self.schema, style)

    def named_values(self) -> dict[str, Value]:
        """Return the values by the names that ``Style.NAMED`` gives them."""
        return {f"p{number}": value for number, value in enumerate(self.values, 1)}


#: An operation: it yields statements, is sent their answers, and returns the result. So it is
#: written once, and a driver's loop runs it, whether that awaits or not.
Steps: TypeAlias = Generator[Statement[Any], Any, T]


def ask(statement: Statement[T]) -> Steps[T]:
    """Run one statement and return its answer; the smallest operation."""
    answer: T = yield statement
    return answer


@lru_cache(maxsize=512)
def _text(file: Path, schema: str, style: Style) -> str:
    text = _with_included(file)
    names = {
        _PLACEHOLDER: quote_identifier(check_schema_name(schema)),
        _EXTENSION_PLACEHOLDER: quote_identifier(extension_schema_name(schema)),
    }
    if style is Style.NAMED:
        text = re.sub(r"\$(\d+)", r"%(p\1)s", text.replace("%", "%%"))
        names = {placeholder: name.replace("%", "%%") for placeholder, name in names.items()}
    # At once, so that a name with a placeholder in it stays as it is.
    return re.sub("|".join(names), lambda found: names[found[0]], text)


def _with_included(file: Path) -> str:
    r"""Return a file without its comments, and with the files that ``\ir`` includes, as in psql."""
    text = _without_comments(file.read_text(encoding="utf-8"))
    return re.sub(
        r"^\\ir (\S+)$", lambda line: _with_included(file.with_name(line[1])), text, flags=re.M
    )


def _without_comments(text: str) -> str:
    """Leave out the lines of comments: the server has no use for them at each call."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return "\n".join(lines).strip()
