"""ALTER statements for tables and views, but for what are statements of their own."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier
from kongtask.schema.diff.statements.casts import Casts
from kongtask.schema.diff.statements.columns import ColumnChanges, column_settings_changes
from kongtask.schema.diff.statements.options import foreign_options, parameter_changes
from kongtask.schema.model import Kind, Ref, Relation, Table, View
from kongtask.schema.render.text import comment_change

_REPLICA_IDENTITIES = {"D": "DEFAULT", "F": "FULL", "N": "NOTHING"}


def table_alterations(old: Table, new: Table, major: int, casts: Casts) -> list[str] | None:
    """Return the statements that change a table; None where it has to be made anew.

    Args:
        old: the table as it is.
        new: the table as it is to be.
        major: the server's major version.
        casts: from the old state's types to the new one's.
    """
    if (old.partition_key, old.server) != (new.partition_key, new.server):
        return None
    name = qualify(new.schema, new.name)
    return [
        *_left_parents(old, new, name),
        *_type_of_rows(old, new, name),
        *ColumnChanges(old, new, name, major, casts).statements(),
        *_joined_parents(old, new, name),
        *_settings(old, new, name),
        *_comments(old, new, name),
    ]


def view_alterations(old: View, new: View) -> list[str] | None:
    """Return the statements that change a view; None where its query or its columns change."""
    if old.definition != new.definition or _shape(old) != _shape(new):
        return None
    name = qualify(new.schema, new.name)
    alter = f"ALTER {new.kind} {name}"
    found = [*parameter_changes(alter, old.options, new.options)]
    if old.access_method != new.access_method:
        found.append(f"{alter} SET ACCESS METHOD {quote_identifier(new.access_method or 'heap')};")
    found += _tablespace(alter, old, new)
    found += view_column_alterations(old, new)
    found += _comments(old, new, name)
    return found


def view_column_alterations(old: View, new: View) -> Iterator[str]:
    """Yield what changes of the columns that a view keeps."""
    name, before = qualify(new.schema, new.name), {column.name: column for column in old.columns}
    for column in new.columns:
        if column.name in before:
            yield from column_settings_changes(new, name, before[column.name], column)


def is_replaceable(old: View, new: View) -> bool:
    """Tell whether CREATE OR REPLACE can make a view of another.

    Rule: CREATE VIEW's documentation: the same columns in the same order, others at the end only.
    """
    shape = _shape(old)
    return new.kind is Kind.VIEW and shape == _shape(new)[: len(shape)]


def _shape(view: View) -> list[tuple[str, str, str | None]]:
    return [(column.name, column.type, column.collation) for column in view.columns]


def _left_parents(old: Table, new: Table, name: str) -> Iterator[str]:
    if old.is_partition:
        if (old.parents, old.partition_bound) != (new.parents, new.partition_bound):
            yield f"ALTER TABLE {_name(old.parents[0])} DETACH PARTITION {name};"
            yield from _left_behind(old, new, name)
        return
    for parent in old.parents:
        if parent not in new.parents or new.is_partition:
            yield f"ALTER {new.kind} {name} NO INHERIT {_name(parent)};"


def is_detached(old: Table, new: Table) -> bool:
    """Tell whether a partition stops to be one."""
    return old.is_partition and not new.is_partition


def _left_behind(old: Table, new: Table, name: str) -> Iterator[str]:
    """Yield what removes the clones that a partition keeps when it stops to be one."""
    if not is_detached(old, new):
        return
    kept = {index.name for index in new.indexes} | {item.name for item in new.constraints}
    for index in old.indexes:
        if index.parent is not None and index.name not in kept:
            yield f"DROP INDEX {qualify(index.schema, index.name)};"
    for constraint in old.constraints:
        if constraint.parent is not None and constraint.name not in kept:
            yield f"ALTER TABLE {name} DROP CONSTRAINT {quote_identifier(constraint.name)};"


def _joined_parents(old: Table, new: Table, name: str) -> Iterator[str]:
    if new.is_partition:
        if (old.parents, old.partition_bound) != (new.parents, new.partition_bound):
            above = _name(new.parents[0])
            yield f"ALTER TABLE {above} ATTACH PARTITION {name} {new.partition_bound};"
        return
    for parent in new.parents:
        if parent not in old.parents or old.is_partition:
            yield f"ALTER {new.kind} {name} INHERIT {_name(parent)};"


def _type_of_rows(old: Table, new: Table, name: str) -> Iterator[str]:
    if old.of_type != new.of_type:
        yield f"ALTER TABLE {name} {'NOT OF' if new.of_type is None else f'OF {new.of_type}'};"


def _settings(old: Table, new: Table, name: str) -> Iterator[str]:
    alter = f"ALTER {new.kind} {name}"
    if old.unlogged != new.unlogged:
        yield f"{alter} SET {'UNLOGGED' if new.unlogged else 'LOGGED'};"
    if old.access_method != new.access_method:
        usual = "DEFAULT" if new.partition_key is not None else "heap"
        method = usual if new.access_method is None else quote_identifier(new.access_method)
        yield f"{alter} SET ACCESS METHOD {method};"
    yield from _tablespace(alter, old, new)
    yield from parameter_changes(alter, old.options, new.options)
    yield from parameter_changes(alter, old.toast_options, new.toast_options, "toast.")
    yield from foreign_options(alter, old.fdw_options, new.fdw_options)
    if old.row_security != new.row_security:
        yield f"{alter} {'ENABLE' if new.row_security else 'DISABLE'} ROW LEVEL SECURITY;"
    if old.force_row_security != new.force_row_security:
        yield f"{alter} {'' if new.force_row_security else 'NO '}FORCE ROW LEVEL SECURITY;"
    identity = _REPLICA_IDENTITIES.get(new.replica_identity)
    if old.replica_identity != new.replica_identity and identity is not None:
        yield f"{alter} REPLICA IDENTITY {identity};"


def _tablespace(alter: str, old: Relation, new: Relation) -> Iterator[str]:
    if old.tablespace != new.tablespace:
        yield f"{alter} SET TABLESPACE {quote_identifier(new.tablespace or 'pg_default')};"


def _comments(old: Relation, new: Relation, name: str) -> Iterator[str]:
    if old.comment != new.comment:
        yield comment_change(f"{new.kind} {name}", new.comment)
    if old.type_comment != new.type_comment:
        yield comment_change(f"TYPE {name}", new.type_comment)


def _name(ref: Ref) -> str:
    return qualify(ref.schema, ref.name)
