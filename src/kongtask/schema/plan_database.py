"""What no schema owns -> the steps that build it."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.schema.model import Database, DatabaseObject, Kind, Ref
from kongtask.schema.steps import Phase, Step


def database_steps(database: Database) -> Iterator[Step]:
    """Yield the steps that make what no schema owns, in no particular order."""
    for phase, items in (
        (Phase.LANGUAGES, database.languages),
        (Phase.ACCESS_METHODS, database.access_methods),
        (Phase.FOREIGN_DATA_WRAPPERS, database.foreign_data_wrappers),
        (Phase.SERVERS, database.servers),
        (Phase.USER_MAPPINGS, database.user_mappings),
        (Phase.CASTS, database.casts),
        (Phase.TRANSFORMS, database.transforms),
        (Phase.PUBLICATIONS, database.publications),
        (Phase.EVENT_TRIGGERS, database.event_triggers),
    ):
        for item in items:
            yield _step(phase, item, item.requires)
    made_here = {schema.name for schema in database.schemas}
    made_by = schemas_of_extensions(database)
    for extension in database.extensions:
        requires = extension.requires | made_by.get(extension.schema, frozenset())
        if extension.schema in made_here:
            requires |= {Ref(Kind.SCHEMA, extension.schema, "")}
        yield _step(Phase.EXTENSIONS, extension, requires - {extension.ref})


def schemas_of_extensions(database: Database) -> dict[str, frozenset[Ref]]:
    """Return the schemas that extensions make, and which one makes each."""
    return {
        schema: frozenset({extension.ref})
        for extension in database.extensions
        for schema in extension.schemas
    }


def _step(phase: Phase, item: DatabaseObject, requires: frozenset[Ref]) -> Step:
    key = item.ref
    return Step(
        key=key,
        phase=phase,
        place=("", key.name, 0, key.detail),
        item=item,
        requires=requires,
    )
