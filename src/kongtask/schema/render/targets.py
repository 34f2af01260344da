"""How statements name an object: the words after COMMENT ON, ALTER … OWNER TO, and GRANT … ON."""

from __future__ import annotations

from collections.abc import Iterable

from kongtask.names import qualify, quote_identifier
from kongtask.schema.model import (
    Aggregate,
    Cast,
    DatabaseObject,
    Domain,
    Operator,
    OperatorClass,
    OperatorFamily,
    Relation,
    Routine,
    Schema,
    SchemaObject,
    Sequence,
    Server,
    Transform,
    UserMapping,
)
from kongtask.schema.model.database import NamedDatabaseObject
from kongtask.schema.render.text import comment_on


def target(item: SchemaObject | DatabaseObject | Schema) -> str:
    """Return the kind and the quoted name, as COMMENT ON and ALTER take them."""
    if isinstance(item, Relation):  # most objects
        return f"{item.kind} {qualify(item.schema, item.name)}"
    if isinstance(item, Schema):
        return f"SCHEMA {quote_identifier(item.name)}"
    if isinstance(item, DatabaseObject):
        return f"{item.ref.kind} {_name(item)}"
    name = qualify(item.schema, item.name)
    if isinstance(item, Routine):
        name += f"({item.identity})"
    elif isinstance(item, Aggregate):
        name += f"({item.identity or '*'})"
    elif isinstance(item, Operator):
        name = f"{quote_identifier(item.schema)}.{item.name} ({item.signature})"
    elif isinstance(item, OperatorClass | OperatorFamily):
        name += f" USING {quote_identifier(item.method)}"
    return f"{item.ref.kind} {name}"


def comment_of(item: SchemaObject | DatabaseObject | Schema) -> Iterable[str]:
    """Return the COMMENT statement for an object, if there is a comment."""
    return () if item.comment is None else comment_on(target(item), item.comment)


def grant_target(item: SchemaObject | DatabaseObject | Schema) -> str:
    """Return the kind and the quoted name, as GRANT and REVOKE take them."""
    if isinstance(item, DatabaseObject):
        return f"{'FOREIGN ' if isinstance(item, Server) else ''}{target(item)}"
    if isinstance(item, Schema | Routine | Sequence):
        return target(item)
    name = qualify(item.schema, item.name)
    if isinstance(item, Relation):
        return f"TABLE {name}"
    if isinstance(item, Aggregate):
        return f"FUNCTION {name}({item.signature})"
    return f"TYPE {name}" if isinstance(item, Domain) else target(item)


def _name(item: DatabaseObject) -> str:
    if isinstance(item, Cast):
        return f"({item.source} AS {item.target})"
    if isinstance(item, Transform):
        return f"FOR {item.type} LANGUAGE {quote_identifier(item.language)}"
    if isinstance(item, UserMapping):
        user = "PUBLIC" if item.user is None else quote_identifier(item.user)
        return f"FOR {user} SERVER {quote_identifier(item.server)}"
    assert isinstance(item, NamedDatabaseObject), "every other kind has a name"
    return quote_identifier(item.name)
