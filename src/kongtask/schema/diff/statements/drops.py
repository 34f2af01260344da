"""The statements that remove what a step makes."""

from __future__ import annotations

from kongtask.names import qualify, quote_identifier
from kongtask.schema.model import (
    Constraint,
    DatabaseObject,
    Domain,
    OperatorFamily,
    Policy,
    Rule,
    Schema,
    SchemaObject,
    Table,
    Trigger,
)
from kongtask.schema.render.targets import target
from kongtask.schema.steps import Attachment, CloneComment, Default, Members, Ownership, Shell, Step


def part_target(step: Step) -> str:
    """Return the kind and the name of a part, as COMMENT ON and DROP take them."""
    owner = qualify(step.key.schema, step.key.name)
    words = {Constraint: "CONSTRAINT", Trigger: "TRIGGER", Rule: "RULE", Policy: "POLICY"}
    of_domain = "DOMAIN " if isinstance(step.owner, Domain) else ""
    kind, name = words[type(step.item)], quote_identifier(step.key.detail)
    return f"{kind} {name} ON {of_domain}{owner}"


def drop_statement(step: Step) -> str | None:
    """Return the statement that removes what a step made; None where nothing has to be said."""
    item = step.item
    if isinstance(item, Default | Constraint | CloneComment):
        return _of_owner(step, item, qualify(step.key.schema, step.key.name))
    if isinstance(item, Ownership):
        return f"ALTER {target(item.sequence)} OWNED BY NONE;"
    if isinstance(item, Members):
        return _members(item.family)
    if isinstance(item, Trigger | Rule | Policy):
        return _behaviour(step, item)
    if isinstance(item, Shell | Attachment):
        return None
    assert isinstance(item, Schema | SchemaObject | DatabaseObject), "all else has a name"
    return f"DROP {target(item)};"


def _of_owner(step: Step, item: Default | Constraint | CloneComment, owner: str) -> str:
    if isinstance(item, Default):
        return _default(step, item, owner)
    if isinstance(item, CloneComment):
        name = quote_identifier(item.constraint.name)
        return f"COMMENT ON CONSTRAINT {name} ON {owner} IS NULL;"
    assert step.owner is not None, "a constraint belongs to something"
    return f"ALTER {step.owner.ref.kind} {owner} DROP CONSTRAINT {quote_identifier(item.name)};"


def _behaviour(step: Step, item: Trigger | Rule | Policy) -> str:
    if isinstance(item, Trigger) and item.is_clone:
        # It stays with the partitioned table's; only what is its own goes.
        owner = qualify(step.key.schema, step.key.name)
        return f"ALTER TABLE {owner} ENABLE TRIGGER {quote_identifier(item.name)};"
    return f"DROP {part_target(step)};"


def _default(step: Step, item: Default, owner: str) -> str:
    if item.column is None:
        return f"ALTER DOMAIN {owner} DROP DEFAULT;"
    kind = step.owner.kind if isinstance(step.owner, Table) else "TABLE"
    return f"ALTER {kind} ONLY {owner} ALTER COLUMN {quote_identifier(item.column)} DROP DEFAULT;"


def _members(family: OperatorFamily) -> str:
    members = []
    for member in family.members:
        kind, number, rest = member.definition.split(" ", 2)
        types = rest[rest.index("(") : rest.index(")") + 1]
        members.append(f"{kind} {number} {types}")
    return f"ALTER {target(family)} DROP {', '.join(members)};"
