"""Security labels: statements after all objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kongtask.names import qualify, quote_identifier, quote_literal
from kongtask.schema.model import (
    Column,
    CompositeType,
    Database,
    EventTrigger,
    Relation,
    SchemaObject,
    SecurityLabel,
)
from kongtask.schema.render.targets import target


def label_statements(database: Database) -> Iterator[str]:
    """Yield the security labels of everything but event triggers."""
    for found in database.objects():
        if not isinstance(found, EventTrigger):
            yield from labels_on(target(found), found.security_labels)
    for schema in database.schemas:
        yield from labels_on(target(schema), schema.security_labels)
        for item in schema.objects():
            if item.security_labels:
                yield from labels_on(target(item), item.security_labels)
            if isinstance(item, Relation | CompositeType):
                for column in item.columns:
                    if column.security_labels or column.identity is not None:
                        yield from _of_column(item, column)


def labels_on(on: str, labels: Iterable[SecurityLabel]) -> Iterator[str]:
    """Yield the statements for the labels of one object.

    Args:
        on: the kind and the quoted name.
        labels: its labels.
    """
    for label in labels:
        provider = quote_identifier(label.provider)
        yield f"SECURITY LABEL FOR {provider} ON {on} IS {quote_literal(label.text)};"


def _of_column(owner: SchemaObject, column: Column) -> Iterator[str]:
    if column.security_labels:
        name = qualify(owner.schema, owner.name)
        yield from labels_on(
            f"COLUMN {name}.{quote_identifier(column.name)}", column.security_labels
        )
    if column.identity is not None:
        sequence = column.identity.sequence
        yield from labels_on(target(sequence), sequence.security_labels)
