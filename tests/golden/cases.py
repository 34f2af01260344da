"""The golden cases: folders with what goes in and what must come out.

``input.sql`` may begin with comment lines that say how to treat it:

``-- schemas: a ;; b``  the schemas to export; by default ``app``
``-- from: 18``         the oldest major version that understands it
``-- same from: 16``    the oldest major version whose text is the expected one: before, PostgreSQL
                        itself prints something differently (DESIGN, portable text)
``-- needs: icu``       what a server must have been built with
``-- with privileges``  export owners and privileges too
``-- with extensions``  export the extensions too
``-- with database objects``  export what no schema owns too

What stands before a line ``-- the schema`` is no schema's own (roles, foreign servers) and is run
before an export is loaded, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_DIRECTIVE = re.compile(r"^-- (schemas|from|same from|needs): (.*)$", re.MULTILINE)
_MARK = "-- the schema\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One folder."""

    folder: Path
    text: str
    schemas: tuple[str, ...]
    oldest: int
    same_from: int
    needs: str | None
    privileges: bool
    extensions: bool
    objects: bool

    @property
    def surroundings(self) -> str:
        """What must be there before an export is loaded."""
        return self.text.split(_MARK)[0] if _MARK in self.text else ""

    @property
    def expected(self) -> Path:
        """The file of the expected text."""
        return self.folder / "expected.sql"


def read_case(folder: Path) -> Case:
    """Read a folder's input and what it says about itself."""
    text = (folder / "input.sql").read_bytes().decode()
    said = {key: value.strip() for key, value in _DIRECTIVE.findall(text)}
    return Case(
        folder=folder,
        text=text,
        schemas=tuple(said.get("schemas", "app").split(" ;; ")),
        oldest=int(said.get("from", "13")),
        same_from=int(said.get("same from", "13")),
        needs=said.get("needs"),
        privileges="\n-- with privileges\n" in f"\n{text}",
        extensions="\n-- with extensions\n" in f"\n{text}",
        objects="\n-- with database objects\n" in f"\n{text}",
    )


CASES = [read_case(file.parent) for file in sorted(Path(__file__).parent.glob("*/input.sql"))]
