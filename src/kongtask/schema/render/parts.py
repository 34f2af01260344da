"""Parts of tables and views that are statements of their own."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier
from kongtask.schema.model import (
    Constraint,
    Domain,
    Index,
    Kind,
    Policy,
    Relation,
    Rule,
    Table,
    Trigger,
)
from kongtask.schema.render.context import Context
from kongtask.schema.render.tables import index_uses
from kongtask.schema.render.text import comment_on
from kongtask.schema.steps import Step

_ENABLING = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


def render_constraint(context: Context, step: Step, constraint: Constraint) -> Iterator[str]:
    """Yield the statements for a constraint that its table's or domain's step left out."""
    del context
    owner = qualify(step.key.schema, step.key.name)
    name = quote_identifier(constraint.name)
    if isinstance(step.owner, Domain):
        yield f"ALTER DOMAIN {owner} ADD CONSTRAINT {name} {constraint.definition};"
        yield from comment_on(f"CONSTRAINT {name} ON DOMAIN {owner}", constraint.comment)
        return
    kind = _relation(step).kind
    yield f"ALTER {kind} {owner} ADD CONSTRAINT {name} {constraint.definition};"
    yield from index_uses(f"ALTER {kind} {owner}", constraint)
    yield from comment_on(f"CONSTRAINT {name} ON {owner}", constraint.comment)


def render_index(context: Context, step: Step, index: Index) -> Iterator[str]:
    """Yield the statements for an index that no constraint owns."""
    del context
    relation = _relation(step)
    table = qualify(relation.schema, relation.name)
    unique = "UNIQUE " if index.is_unique else ""
    only = "ONLY " if step.one_by_one else ""
    bare, name = quote_identifier(index.name), qualify(index.schema, index.name)
    yield f"CREATE {unique}INDEX {bare} ON {only}{table} {index.definition};"
    if index.parent is not None:
        parent = qualify(index.parent.schema, index.parent.name)
        yield f"ALTER INDEX {parent} ATTACH PARTITION {name};"
    for column, target in index.statistics:
        yield f"ALTER INDEX {name} ALTER COLUMN {column} SET STATISTICS {target};"
    if index.is_clustered:
        yield f"ALTER {relation.kind} {table} CLUSTER ON {bare};"
    if index.is_replica_identity:
        yield f"ALTER TABLE ONLY {table} REPLICA IDENTITY USING INDEX {bare};"
    yield from comment_on(f"INDEX {name}", index.comment)


def render_trigger(context: Context, step: Step, trigger: Trigger) -> Iterator[str]:
    """Yield the statements for a trigger."""
    del context
    table, name = qualify(step.key.schema, step.key.name), quote_identifier(trigger.name)
    yield f"{trigger.definition};"
    if trigger.enabled in _ENABLING:
        kind = _alterable(_relation(step))
        yield f"ALTER {kind} {table} {_ENABLING[trigger.enabled]} TRIGGER {name};"
    yield from comment_on(f"TRIGGER {name} ON {table}", trigger.comment)


def render_rule(context: Context, step: Step, rule: Rule) -> Iterator[str]:
    """Yield the statements for a rewrite rule."""
    del context
    table, name = qualify(step.key.schema, step.key.name), quote_identifier(rule.name)
    yield rule.definition
    if rule.enabled in _ENABLING:
        yield f"ALTER TABLE {table} {_ENABLING[rule.enabled]} RULE {name};"
    yield from comment_on(f"RULE {name} ON {table}", rule.comment)


def render_policy(context: Context, step: Step, policy: Policy) -> Iterator[str]:
    """Yield the statements for a row security policy."""
    del context
    table, name = qualify(step.key.schema, step.key.name), quote_identifier(policy.name)
    words = [f"CREATE POLICY {name} ON {table}"]
    if not policy.permissive:
        words.append("AS RESTRICTIVE")
    if policy.command != "ALL":
        words.append(f"FOR {policy.command}")
    if policy.roles:
        words.append(f"TO {', '.join(quote_identifier(role) for role in policy.roles)}")
    if policy.using is not None:
        words.append(f"USING ({policy.using})")
    if policy.check is not None:
        words.append(f"WITH CHECK ({policy.check})")
    yield f"{' '.join(words)};"
    yield from comment_on(f"POLICY {name} ON {table}", policy.comment)


def _relation(step: Step) -> Relation:
    assert isinstance(step.owner, Relation), "this part belongs to a relation"
    return step.owner


def _alterable(relation: Relation) -> Kind:
    """Return the kind under which ALTER takes a relation's triggers: views pass as tables."""
    return relation.kind if isinstance(relation, Table) else Kind.TABLE
