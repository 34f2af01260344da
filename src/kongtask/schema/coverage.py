"""What an export is about, beyond the objects of schemas, which are always part of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kongtask.schema.catalog import ConstraintNames, Extensions, Report, read_database

if TYPE_CHECKING:
    from kongtask.database.connection import Connection
    from kongtask.schema.model import Database, Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What a reload keeps of the schemas, beyond their objects.

    Attributes:
        owners, privileges: whether these are loaded too, and their roles made where missing.
        constraint_names: which names of NOT NULL constraints are read.
        objects: whether those that no schema owns are, too.
        extensions: which extensions the text makes; the others are made where they are missing.
    """

    owners: bool = False
    privileges: bool = False
    constraint_names: ConstraintNames = "custom"
    objects: bool = False
    extensions: Extensions = "none"

    def render(self, database: Database) -> str:
        """Return the SQL that makes some schemas."""
        from kongtask.schema.render import render

        return render(
            *database.schemas, database=database, owners=self.owners, privileges=self.privileges
        )

    def read(
        self, connection: Connection, names: Iterable[str], report: Report | None = None
    ) -> Database:
        """Read some schemas; ``report`` takes how many queries are answered, and of how many."""
        return read_database(
            connection,
            sorted(names),
            objects=self.objects,
            extensions=self.extensions,
            constraint_names=self.constraint_names,
            report=report,
        )

    def needs(self, database: Database) -> set[Requirement]:
        """Return what the SQL leans on."""
        needs = {need for schema in database.schemas for need in schema.requirements}
        return needs.union(database.roles(owners=self.owners, privileges=self.privileges))


#: The schemas' objects and no more.
OBJECTS = Coverage()
