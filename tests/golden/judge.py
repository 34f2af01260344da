"""pg_dump as the judge of an export: what it says about a database, statement by statement."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence

from psycopg.conninfo import conninfo_to_dict

from kongtask.database.connection import Target
from kongtask.database.embedded import embedded_binaries

#: The comment above each of pg_dump's statements, and lines that only set its own state.
_HEADING = re.compile(r"^--\n-- (Name: .*)\n--\n", re.MULTILINE)
_STATE = re.compile(
    r"^(?:SET (?:default_tablespace|default_table_access_method) = .*;"
    r"|\\(?:un)?restrict .*|-- Completed on .*|--\n-- PostgreSQL database dump complete\n--)\n",
    re.MULTILINE,
)

#: Names that PostgreSQL gave to NOT NULL constraints; the export leaves them out (DESIGN 5).
_GIVEN_NOT_NULL = re.compile(r'CONSTRAINT (?:"(?:[^"]|"")*_not_null\d*"|\w+_not_null\d*) NOT NULL')

#: PostgreSQL's own mark on columns, since November 2026; a pg_dump of before prints it.
_COLUMN_MARK = re.compile(
    r"^ALTER TABLE ONLY \S+ ALTER COLUMN .* SET \(pg_attver=\d+\);\n|pg_attver=\d+, ", re.MULTILINE
)


def statements(target: Target, schemas: Sequence[str], *, privileges: bool = False) -> list[str]:
    """Return what pg_dump prints about some schemas, sorted, without its state and NOT NULL names.

    Args:
        target: the database.
        schemas: names; none means the whole database.
        privileges: owners and grants too.
    """
    binaries = embedded_binaries()[18]
    options = [] if privileges else ["--no-owner", "--no-privileges"]
    chosen = [f'--schema="{name.replace(chr(34), chr(34) * 2)}"' for name in schemas]
    parts = conninfo_to_dict(target.conninfo)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    environ = {names[key]: str(value) for key, value in parts.items() if key in names}
    printed = subprocess.run(
        [
            str(binaries / "pg_dump"), "--schema-only",
            *options, *chosen, "-d", str(parts["dbname"]),
        ],
        capture_output=True, text=True, check=False, env={**os.environ, **environ},
    )  # fmt: skip
    assert printed.returncode == 0, printed.stderr
    return sorted(_split(printed.stdout))


def _split(text: str) -> Iterable[str]:
    pieces = _HEADING.split(_COLUMN_MARK.sub("", _STATE.sub("", text)))
    said = {
        heading: _GIVEN_NOT_NULL.sub("NOT NULL", body.strip())
        for heading, body in zip(pieces[1::2], pieces[2::2], strict=True)
        if body.strip()
    }
    # Which view of a circle gets a stand-in depends on their OIDs: take the real one as the view.
    for heading in [heading for heading in said if " _RETURN; Type: RULE;" in heading]:
        view = heading.replace(" _RETURN; Type: RULE;", "; Type: VIEW;")
        owner = said.get(view, "").partition("\n\n\n")[1:]
        real = said.pop(heading).replace("CREATE OR REPLACE VIEW", "CREATE VIEW", 1)
        said[view] = "".join((real, *owner))
    for heading in [heading for heading in said if "; Type: ACL;" in heading]:
        said[heading] = "\n".join(sorted(said[heading].splitlines()))  # in the order of granting
    for heading in [heading for heading in said if "; Type: OPERATOR " in heading]:
        members = re.split(r"[,;]?\n", said[heading])
        said[heading] = "\n".join(sorted(member.rstrip(" ;") for member in members))  # as they came
    return (f"{heading}\n{body}" for heading, body in said.items())


def disagreement(before: Sequence[str], after: Sequence[str]) -> str:
    """Return the statements of only one side, or an empty text."""
    there, here = Counter(before), Counter(after)
    lost, new = there - here, here - there
    lines = [f"- {line}" for item in sorted(lost.elements()) for line in item.splitlines()]
    lines += [f"+ {line}" for item in sorted(new.elements()) for line in item.splitlines()]
    return "\n".join(lines)
