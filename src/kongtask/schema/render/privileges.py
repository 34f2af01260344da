"""Owners and privileges: statements at the end of the file, for those who ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kongtask.names import quote_identifier
from kongtask.schema.model import (
    Grant,
    Relation,
    Schema,
    SchemaObject,
    Sequence,
    TextSearchParser,
    TextSearchTemplate,
)
from kongtask.schema.render.targets import grant_target, target


def owner_statements(schema: Schema) -> Iterator[str]:
    """Yield the statements that give a schema and its objects to their owners."""
    if schema.owner is not None:
        yield f"ALTER {target(schema)} OWNER TO {quote_identifier(schema.owner)};"
    for item in schema.objects():
        if item.owner is not None and _has_own_owner(item):
            yield f"ALTER {target(item)} OWNER TO {quote_identifier(item.owner)};"


def privilege_statements(schema: Schema) -> Iterator[str]:
    """Yield the statements for privileges that differ from the defaults."""
    yield from _grants(grant_target(schema), schema.grants)
    for item in schema.objects():
        if item.grants:
            yield from _grants(grant_target(item), item.grants)
        if isinstance(item, Relation):
            for column in item.columns:
                yield from _grants(grant_target(item), column.grants)
                if column.identity is not None:
                    sequence = column.identity.sequence
                    yield from _grants(grant_target(sequence), sequence.grants)
    for default in schema.default_privileges:
        start = (
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote_identifier(default.role)} "
            f"IN SCHEMA {quote_identifier(schema.name)}"
        )
        for grant in default.grants:
            yield f"{start} {_statement(grant, default.kind)};"


def _has_own_owner(item: SchemaObject) -> bool:
    """Tell whether an object has an owner that is not that of something else."""
    is_owned_sequence = isinstance(item, Sequence) and item.owned_by is not None
    return not is_owned_sequence and not isinstance(item, TextSearchParser | TextSearchTemplate)


def _grants(on: str, grants: Iterable[Grant]) -> Iterator[str]:
    for grant in grants:
        statement = f"{_statement(grant, on)};"
        if grant.grantor is None:
            yield statement
        else:
            grantor = quote_identifier(grant.grantor)
            yield f"SET SESSION AUTHORIZATION {grantor};"
            yield statement
            yield "RESET SESSION AUTHORIZATION;"


def _statement(grant: Grant, on: str) -> str:
    column = f" ({quote_identifier(grant.column)})" if grant.column is not None else ""
    privileges = ", ".join(f"{privilege}{column}" for privilege in grant.privileges)
    role = "PUBLIC" if grant.grantee is None else quote_identifier(grant.grantee)
    if grant.revoked:
        return f"REVOKE {privileges} ON {on} FROM {role}"
    option = " WITH GRANT OPTION" if grant.grantable else ""
    return f"GRANT {privileges} ON {on} TO {role}{option}"
