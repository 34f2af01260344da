"""The schema itself."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import quote_identifier
from kongtask.schema.model import Schema
from kongtask.schema.render.context import Context
from kongtask.schema.render.targets import comment_of
from kongtask.schema.steps import Step

#: initdb gives this comment to the public schema of every database.
_STANDARD_COMMENT = "standard public schema"


def render_schema(context: Context, step: Step, schema: Schema) -> Iterator[str]:
    """Yield the statements that make an empty schema."""
    del context, step
    yield f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(schema.name)};"
    if (schema.name, schema.comment) != ("public", _STANDARD_COMMENT):
        yield from comment_of(schema)
