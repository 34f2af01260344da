"""Indexes, and what the index of a constraint has beyond the constraint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kongtask.names import qualify, quote_identifier
from kongtask.schema.model import Index, Relation
from kongtask.schema.render.context import Context
from kongtask.schema.render.targets import comment_of, target
from kongtask.schema.render.text import with_search_path
from kongtask.schema.steps import Attachment, Step


def render_index(context: Context, step: Step, index: Index) -> Iterator[str]:
    """Yield the statements for an index that no constraint owns."""
    relation = step.owner
    assert isinstance(relation, Relation), "an index belongs to a relation"
    unique = "UNIQUE " if index.is_unique else ""
    one_by_one = context.partitioning.one_by_one
    only = "ONLY " if one_by_one and index.ref in one_by_one else ""
    table = qualify(relation.schema, relation.name)
    name = quote_identifier(index.name)
    create = f"CREATE {unique}INDEX {name} ON {only}{table} {index.definition};"
    yield from with_search_path(index.search_path, create)
    if index.parent is not None:
        yield _attach(index)
    yield from index_settings(relation, index)
    yield from comment_of(index)


def render_attachment(context: Context, step: Step, attachment: Attachment) -> Iterator[str]:
    """Yield the statement that attaches the index of a partition's constraint."""
    del context, step
    yield _attach(attachment.index)


def index_settings(relation: Relation, index: Index) -> Sequence[str]:
    """Return what an index has, or is used for, that its definition does not say."""
    if not (index.statistics or index.is_clustered or index.is_replica_identity):
        return ()
    name, table = quote_identifier(index.name), qualify(relation.schema, relation.name)
    found = [
        f"ALTER {target(index)} ALTER COLUMN {column} SET STATISTICS {statistics};"
        for column, statistics in index.statistics
    ]
    if index.is_clustered:
        found.append(f"ALTER {relation.kind} {table} CLUSTER ON {name};")
    if index.is_replica_identity:
        found.append(f"ALTER TABLE ONLY {table} REPLICA IDENTITY USING INDEX {name};")
    return found


def _attach(index: Index) -> str:
    assert index.parent is not None, "only what has a parent is attached"
    parent = qualify(index.parent.schema, index.parent.name)
    return f"ALTER INDEX {parent} ATTACH PARTITION {qualify(index.schema, index.name)};"
