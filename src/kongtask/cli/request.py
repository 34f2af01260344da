"""What a command is asked to export, and how the text is to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kongtask.schema.selection import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How the text is to be.

    Attributes:
        comments, owners, privileges: whether these are part of it.
        constraint_names: ``all`` prints the NOT NULL names that PostgreSQL 18 gave too.
        canonical: as the embedded server prints it after loading it.
        extensions: with the extensions that the text leans on.
        database_objects: with what no schema owns.
        name: the name to print the schema under, or None for its own.
    """

    comments: bool = True
    owners: bool = False
    privileges: bool = False
    constraint_names: Literal["custom", "all"] = "custom"
    canonical: bool = False
    extensions: bool = False
    database_objects: bool = False
    name: str | None = None

    @property
    def is_printed_elsewhere(self) -> bool:
        """Whether the text is to be another server's, or of another name."""
        return self.canonical or self.name is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for.

    Attributes:
        schemas: names, or patterns with ``*`` and ``?``.
        output: the file to write, the folder if it is to be split, or None for stdout.
        split: whether each object gets a file of its own.
        format: loadable SQL, or the model as JSON.
        committed: the committed export, whose timestamp holds as long as the schema is the same.
        style: how the text is to be.
        selection: which part of the schemas, or None for all.
    """

    schemas: Sequence[str]
    output: Path | None
    committed: Path | None
    split: bool = False
    format: Literal["sql", "json"] = "sql"
    style: Style = field(default_factory=Style)
    selection: Selection | None = None
