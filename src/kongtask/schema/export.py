"""The export file: a header over a rendered schema, and the rules of its timestamp.

The timestamp tells when this schema text first came to be: an export whose body is already on file
takes over the file's timestamp, so that two exports of one schema are the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from kongtask.errors import UsageError
from kongtask.schema.model import Database, Requirement

_SCHEMAS = re.compile(r"^-- Schema: +(.+?)(?:, in part: .*)?$", re.MULTILINE)
_NEED = re.compile(r"^-- Needs: +(extension|role) (.+?)(?: in schema (.+))?$", re.MULTILINE)
_GENERATED = re.compile(r"^-- Generated: +(\S+)$", re.MULTILINE)
_SHA256 = re.compile(r"^-- SHA-256: +([0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export file, made or read.

    Attributes:
        header: comment lines, without the blank line that ends them.
        body: the SQL.
    """

    header: str
    body: str

    @property
    def text(self) -> str:
        """The file's content."""
        return f"{self.header}\n\n{self.body}"

    @property
    def generated(self) -> str | None:
        """The timestamp in the header, or None if it has none."""
        found = _GENERATED.search(self.header)
        return found[1] if found else None

    @property
    def is_edited(self) -> bool:
        """Whether the body is not what the header's sum says: somebody edited the file."""
        return self.stated_sum not in {None, sha256(self.body)}

    @property
    def stated_sum(self) -> str | None:
        """The body's sum as the header tells it, or None if it tells none."""
        found = _SHA256.search(self.header)
        return found[1] if found else None


def make_export(
    schema: str,
    body: str,
    requirements: Iterable[Requirement] = (),
    *,
    left_out: Iterable[str] = (),
    earlier: Iterable[str | None] = (),
    environ: Mapping[str, str] = os.environ,
) -> Export:
    """Put a header over a rendered schema.

    Args:
        schema: its name.
        body: what ``render`` returned.
        requirements: what the text leans on; listed in the header.
        left_out: what was asked for and is not in the text; listed in the header.
        earlier: texts of files that may hold the same schema already, the first one preferred.
        environ: read for ``SOURCE_DATE_EPOCH``, the time in seconds to use instead of now.

    Raises:
        UsageError: SOURCE_DATE_EPOCH is not a number.
    """
    generated = _earlier_timestamp(body, earlier) or _now(environ)
    needs = [f"-- Needs:     {_one_line(_describe(need))}" for need in requirements]
    lines = [
        f"-- Schema:    {_one_line(schema)}",
        f"-- Generated: {generated}",
        "-- Generator: kongtask schema-dump",
        f"-- SHA-256:   {sha256(body)}",
        *needs,
        *(f"-- Left out:  {_one_line(item)}" for item in left_out),
        "--",
        "-- DO NOT EDIT: this file is generated from the database. Change the migrations, apply",
        "-- them, and export again (make db-dump).",
    ]
    return Export(header="\n".join(lines), body=body)


def requirements(
    database: Database, *, owners: bool = False, privileges: bool = False
) -> list[Requirement]:
    """Return what the text of some schemas leans on, sorted: what a header lists.

    Args:
        database: the schemas.
        owners: whether the text says these, and so names roles.
        privileges: the same.
    """
    needs = {need for schema in database.schemas for need in schema.requirements}
    needs.update(database.roles(privileges=privileges, owners=owners))
    own = {schema.name for schema in database.schemas}
    return sorted(
        (need for need in needs if not (need.kind == "schema" and need.name in own)),
        key=lambda need: (need.kind, need.name.encode()),
    )


def parse_export(text: str) -> Export:
    """Split an export file into its header and body.

    Args:
        text: the file's content; one without a header is all body.
    """
    header, blank, body = text.partition("\n\n")
    if not blank or not all(line.startswith("--") for line in header.splitlines()):
        return Export(header="", body=text)
    return Export(header=header, body=body)


def parse_needs(header: str) -> tuple[list[str], list[Requirement]]:
    """Return the schemas that a header says are in the file, and what it says they lean on.

    Args:
        header: of an export; the empty text gives nothing.
    """
    named = _SCHEMAS.search(header)
    schemas = named[1].split(", ") if named else []
    needs = [
        Requirement(kind=kind, name=name, schema=place)
        for kind, name, place in _NEED.findall(header)
    ]
    return schemas, needs


def sha256(body: str) -> str:
    """Return the sum of a body, as the header shows it."""
    return hashlib.sha256(body.encode()).hexdigest()


def _earlier_timestamp(body: str, earlier: Iterable[str | None]) -> str | None:
    for text in earlier:
        if text is None:
            continue
        export = parse_export(text)
        # A body that was edited by hand says nothing of when this one came to be; its header does.
        is_same = sha256(body) in {sha256(export.body), export.stated_sum}
        if is_same and export.generated is not None:
            return export.generated
    return None


def _now(environ: Mapping[str, str]) -> str:
    epoch = environ.get("SOURCE_DATE_EPOCH")
    try:
        seconds = int(epoch) if epoch is not None else int(time.time())
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f"SOURCE_DATE_EPOCH is not a number of seconds: {epoch!r}") from error
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _describe(need: Requirement) -> str:
    place = f" in schema {need.schema}" if need.schema else ""
    return f"{need.kind} {need.name}{place}"


def _one_line(text: str) -> str:
    """Keep a name from ending the comment that it stands in."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
