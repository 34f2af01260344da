"""What an export came to: texts, the files that they are for, and what is there already."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kongtask.cli.base import note
from kongtask.files import remove, write_text

if TYPE_CHECKING:
    from kongtask.schema.model import Database, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An export, and the files that it changes.

    Attributes:
        database: what was exported.
        place: the file or folder to write, or None for stdout.
        text: the export as one text.
        generated: its timestamp, or None for a format that has none.
        sha256: the sum of its body.
        files: the files to write, the last one when all others are; none for stdout.
        before: what these files hold now, and what the files hold that are to be removed.
        proved: whether export, load and export again gave the same schema.
    """

    database: Database
    place: Path | None
    text: str
    generated: str | None
    sha256: str
    files: Mapping[Path, str]
    before: Mapping[Path, str]
    proved: bool

    @property
    def schemas(self) -> tuple[Schema, ...]:
        """The schemas that were exported."""
        return self.database.schemas

    @property
    def written(self) -> list[Path]:
        """The files that are not yet as they should be."""
        return [path for path, text in self.files.items() if self.before.get(path) != text]

    @property
    def removed(self) -> list[Path]:
        """The files of objects that are gone."""
        return [path for path in self.before if path not in self.files]

    @property
    def would_change(self) -> bool:
        """Whether writing the export changes anything."""
        return self.place is None or bool(self.written or self.removed)

    @property
    def title(self) -> str:
        """Say which schemas these are."""
        names = ", ".join(f'"{schema.name}"' for schema in self.schemas)
        return f"schema {names}" if len(self.schemas) == 1 else f"schemas {names}"

    def changes(self) -> str:
        """Return unified diffs from the files to the export."""
        from kongtask.schema.prove import difference

        if self.place is None:
            return difference("", self.text, "/dev/null", "-")
        return "\n".join(
            difference(
                self.before.get(path, ""),
                self.files.get(path, ""),
                shown(path) if path in self.before else "/dev/null",
                shown(path) if path in self.files else "/dev/null",
            )
            for path in sorted((*self.written, *self.removed))
        )

    def write(self, say: Callable[[str], None] = note) -> None:
        """Write what has changed, and remove the files of objects that are gone.

        Args:
            say: takes a sentence about what was done.

        Raises:
            FileFailedError: a file cannot be written or removed. An index, which comes last, still
                lists the old files then, so that the next export puts them in order.
        """
        if self.place is None:
            sys.stdout.buffer.write(self.text.encode())
            sys.stdout.buffer.flush()
            return
        written, removed = self.written, self.removed
        for path in removed:
            remove(path, self.place)
        for path in written:
            write_text(path, self.files[path])
        if not self.would_change:
            say(f"{shown(self.place)} is up to date: {self.title}")
        elif self.files.keys() == {self.place}:
            say(f"wrote {shown(self.place)}: {self.title}, {len(self.text.encode())} bytes")
        else:
            say(
                f"wrote {len(written)} of {len(self.files)} files below {shown(self.place)}, "
                f"removed {len(removed)}: {self.title}"
            )

    def contents(self) -> str:
        """Count what the schemas hold, kind by kind."""
        schemas = self.schemas
        relations = [relation for schema in schemas for relation in schema.relations()]
        types = sum(
            len(kind)
            for schema in schemas
            for kind in (schema.enums, schema.composites, schema.ranges, schema.domains)
        )
        routines = sum(len(schema.routines) + len(schema.aggregates) for schema in schemas)
        counts = [
            (types, "type", "types"),
            (sum(len(schema.tables) for schema in schemas), "table", "tables"),
            (sum(len(schema.views) for schema in schemas), "view", "views"),
            (sum(len(relation.indexes) for relation in relations), "index", "indexes"),
            (routines, "function", "functions"),
            (sum(len(relation.triggers) for relation in relations), "trigger", "triggers"),
        ]
        return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counts if n)

    def summary(self) -> dict[str, object]:
        """Return the result for programs."""
        names = [schema.name for schema in self.schemas]
        return {
            "schema": names[0] if len(names) == 1 else names,
            "output": str(self.place or "-"),
            "changed": self.would_change,
            "proved": self.proved,
            "generated": self.generated,
            "sha256": self.sha256,
            "bytes": len(self.text.encode()),
            "files": len(self.files),
            "written": len(self.written),
            "removed": len(self.removed),
        }


def shown(path: Path) -> str:
    """Return a path as a person would name it: relative, where it is below the working folder."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
