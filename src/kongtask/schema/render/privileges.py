"""Owners and privileges: statements at the end of the file, for those who ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kongtask.names import quote_identifier
from kongtask.schema.model import (
    Database,
    DatabaseObject,
    DefaultPrivileges,
    EventTrigger,
    ExtensionMember,
    Grant,
    Operator,
    Relation,
    Schema,
    SchemaObject,
    Sequence,
    TextSearchParser,
    TextSearchTemplate,
)
from kongtask.schema.render.targets import grant_target, target


def owner_statements(database: Database) -> Iterator[str]:
    """Yield the statements that give everything but event triggers to its owner."""
    for found in database.objects():
        if not isinstance(found, EventTrigger):
            yield from _owner(found)
    for schema in database.schemas:
        yield from _owner(schema)
        for item in schema.objects():
            if _has_own_owner(item):
                yield from _owner(item)


def event_trigger_owners(database: Database) -> Iterator[str]:
    """Yield the statements that give event triggers to their owners."""
    for trigger in database.event_triggers:
        yield from _owner(trigger)


class Granted(NamedTuple):
    """A grant with what it is for.

    Attributes:
        grant: who may what.
        on: the kind and the quoted name; of default privileges the kind of objects.
        defaults: ``ALTER DEFAULT PRIVILEGES …``, where it is for future objects.
    """

    grant: Grant
    on: str
    defaults: str = ""


def privilege_statements(database: Database) -> Iterator[str]:
    """Yield the statements for privileges that differ from the defaults."""
    for item in granted(database):
        yield from grant_statements(item)


def granted(database: Database) -> Iterator[Granted]:
    """Yield the privileges that differ from the defaults, in the order of their statements."""
    for found in database.objects():
        yield from _grants(grant_target(found), found.grants)
    yield from _member_privileges(database.extension_members)
    yield from _default_privileges(database.default_privileges)
    for schema in database.schemas:
        yield from _schema_privileges(schema)


def grant_statements(item: Granted) -> Iterator[str]:
    """Yield the statements for a grant: one, or three where another role than the owner gave it."""
    if item.defaults:
        yield f"{item.defaults} {_statement(item.grant, item.on)};"
        return
    statement, grantor = f"{_statement(item.grant, item.on)};", item.grant.grantor
    if grantor is None:
        yield statement
    else:
        yield f"SET SESSION AUTHORIZATION {quote_identifier(grantor)};"
        yield statement
        yield "RESET SESSION AUTHORIZATION;"


def _owner(item: SchemaObject | DatabaseObject | Schema) -> Iterator[str]:
    if item.owner is not None:
        yield f"ALTER {target(item)} OWNER TO {quote_identifier(item.owner)};"


def _schema_privileges(schema: Schema) -> Iterator[Granted]:
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
    yield from _member_privileges(schema.extension_members)
    yield from _default_privileges(schema.default_privileges, schema.name)


def _member_privileges(members: Iterable[ExtensionMember]) -> Iterator[Granted]:
    for member in members:
        yield from _grants(member.target, member.grants)


def _default_privileges(
    defaults: Iterable[DefaultPrivileges], schema: str | None = None
) -> Iterator[Granted]:
    place = f" IN SCHEMA {quote_identifier(schema)}" if schema is not None else ""
    for default in defaults:
        role = quote_identifier(default.role)
        for grant in default.grants:
            yield Granted(grant, default.kind, f"ALTER DEFAULT PRIVILEGES FOR ROLE {role}{place}")


def _grants(on: str, grants: Iterable[Grant]) -> Iterator[Granted]:
    yield from (Granted(grant, on) for grant in grants)


def _has_own_owner(item: SchemaObject) -> bool:
    """Tell whether an object is made by a statement and has an owner that is not another's."""
    is_owned_sequence = isinstance(item, Sequence) and item.owned_by is not None
    is_shell = isinstance(item, Operator) and item.is_shell
    return not (is_owned_sequence or is_shell) and not isinstance(
        item, TextSearchParser | TextSearchTemplate
    )


def _statement(grant: Grant, on: str) -> str:
    column = f" ({quote_identifier(grant.column)})" if grant.column is not None else ""
    privileges = ", ".join(f"{privilege}{column}" for privilege in grant.privileges)
    role = "PUBLIC" if grant.grantee is None else quote_identifier(grant.grantee)
    if grant.revoked:
        return f"REVOKE {privileges} ON {on} FROM {role}"
    option = " WITH GRANT OPTION" if grant.grantable else ""
    return f"GRANT {privileges} ON {on} TO {role}{option}"
