"""The folder ``versions``: exports of each revision, as SQL to read and a document to compare.

The documents let a host without any server to try things on compare a live database with what
its revision should be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

from kongtask.files import read_text
from kongtask.names import WORKER_SCHEMA, quote_identifier
from kongtask.schema import decode, encode, render
from kongtask.schema.export import make_export, requirements
from kongtask.schema.history import Revision
from kongtask.schema.model import Database

_FILE_NAME = re.compile(r"([0-9]{6})\.(sql|json)")


class Versions:
    """A folder of a schema's exports by revision.

    Args:
        folder: where they are; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def numbers(self) -> list[int]:
        """Return the revisions that have a document here, in order."""
        found = (_FILE_NAME.fullmatch(path.name) for path in self._files())
        return sorted(int(match[1]) for match in found if match and match[2] == "json")

    def read(self, number: int) -> Database | None:
        """Return the schema at a revision, or None where there is no document of it.

        Raises:
            FileFailedError: the file cannot be read.
            DocumentError: it is no document of a schema.
        """
        text = read_text(self.folder / f"{number:06}.json")
        return None if text is None else decode(text)

    def files(self, revisions: Iterable[Revision], committed: str | None) -> dict[Path, str]:
        """Return the files as they should be.

        Args:
            revisions: all of the schema.
            committed: the committed export of the latest revision, whose timestamp is that of the
                same text here.
        """
        return dict(self._made(revisions, committed))

    def stale(self, revisions: Iterable[Revision]) -> list[Path]:
        """Return the files here that belong to no revision."""
        wanted = {revision.number for revision in revisions}
        return [
            path
            for path in self._files()
            if (match := _FILE_NAME.fullmatch(path.name)) and int(match[1]) not in wanted
        ]

    def _files(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.is_dir() else []

    def _made(
        self, revisions: Iterable[Revision], committed: str | None
    ) -> Iterator[tuple[Path, str]]:
        earlier: list[str | None] = [committed]
        for revision in revisions:
            database = revision.database
            path = self.folder / f"{revision.number:06}.sql"
            export = make_export(
                ", ".join(schema.name for schema in database.schemas),
                render(*database.schemas, database=database),
                requirements(database),
                earlier=(read_text(path), *earlier),
            )
            earlier.append(export.text)  # a revision that changes nothing is as old as the last
            yield path, export.text
            yield path.with_suffix(".json"), encode(database, owners=False, privileges=False)


def shipped_versions() -> Versions:
    """Return the exports of the worker schema that come with kongtask."""
    return Versions(Path(str(resources.files("kongtask.migrate"))) / "schema" / "versions")


def under_name(database: Database, name: str) -> Database:
    """Return a shipped state of the worker schema as it is under another name.

    The text is kongtask's own: wherever it says the name, that is the schema's. In the document it
    is a value of its own, or stands in SQL, where it has no quotes.
    """
    if name == WORKER_SCHEMA:
        return database
    in_sql = json.dumps(quote_identifier(name), ensure_ascii=False)[1:-1]
    value = json.dumps(name, ensure_ascii=False)
    pattern = rf'"{WORKER_SCHEMA}"|\b{WORKER_SCHEMA}\b'
    return decode(
        re.sub(pattern, lambda found: value if found[0][0] == '"' else in_sql, encode(database))
    )
