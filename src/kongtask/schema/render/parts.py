"""Parts of tables and views that are statements of their own."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier
from kongtask.schema.model import Constraint, Domain, Kind, Policy, Relation, Rule, Table, Trigger
from kongtask.schema.render.context import Context
from kongtask.schema.render.indexes import index_settings
from kongtask.schema.render.targets import comment_of
from kongtask.schema.render.text import comment_on, constraint_definition, with_search_path
from kongtask.schema.steps import CloneComment, Default, Step

#: What ALTER says of triggers and rules, by their state in the catalog.
ENABLING = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS", "O": "ENABLE"}


def render_default(context: Context, step: Step, default: Default) -> Iterator[str]:
    """Yield the statement for a default that had to wait for what it uses."""
    del context
    owner = qualify(step.key.schema, step.key.name)
    if default.column is None:
        yield f"ALTER DOMAIN {owner} SET DEFAULT {default.text};"
    else:
        column = quote_identifier(default.column)
        kind = _alterable(_relation(step))
        yield f"ALTER {kind} ONLY {owner} ALTER COLUMN {column} SET DEFAULT {default.text};"


def render_constraint(context: Context, step: Step, constraint: Constraint) -> Iterator[str]:
    """Yield the statements for a constraint that its table's or domain's step left out."""
    owner = qualify(step.key.schema, step.key.name)
    name = quote_identifier(constraint.name)
    if isinstance(step.owner, Domain):
        yield f"ALTER DOMAIN {owner} ADD {constraint_definition(constraint)};"
        yield from comment_on(f"CONSTRAINT {name} ON DOMAIN {owner}", constraint.comment)
        return
    relation = _relation(step)
    only = "ONLY " if context.partitioning.is_alone(constraint) else ""
    add = f"ALTER {relation.kind} {only}{owner} ADD {constraint_definition(constraint)};"
    yield from with_search_path(constraint.index.search_path if constraint.index else (), add)
    if constraint.index is not None:
        yield from index_settings(relation, constraint.index)
    if constraint.comment is not None:
        yield from comment_on(f"CONSTRAINT {name} ON {owner}", constraint.comment)
    if constraint.index is not None:
        yield from comment_of(constraint.index)


def render_clone_comment(context: Context, step: Step, clone: CloneComment) -> Iterator[str]:
    """Yield the comment on a clone of a partitioned table's foreign key."""
    del context
    owner, name = qualify(step.key.schema, step.key.name), quote_identifier(clone.constraint.name)
    yield from comment_on(f"CONSTRAINT {name} ON {owner}", clone.constraint.comment)


def render_trigger(context: Context, step: Step, trigger: Trigger) -> Iterator[str]:
    """Yield the statements for a trigger."""
    del context
    table, name = qualify(step.key.schema, step.key.name), quote_identifier(trigger.name)
    if not trigger.is_clone:
        yield f"{trigger.definition};"
    if trigger.is_clone or trigger.enabled != "O":
        kind = _alterable(_relation(step))
        yield f"ALTER {kind} {table} {ENABLING[trigger.enabled]} TRIGGER {name};"
    yield from comment_on(f"TRIGGER {name} ON {table}", trigger.comment)


def render_rule(context: Context, step: Step, rule: Rule) -> Iterator[str]:
    """Yield the statements for a rewrite rule."""
    del context
    table, name = qualify(step.key.schema, step.key.name), quote_identifier(rule.name)
    yield rule.definition
    if rule.enabled != "O":
        yield f"ALTER TABLE {table} {ENABLING[rule.enabled]} RULE {name};"
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
    """Return the kind under which ALTER takes a relation's parts: views pass as tables."""
    return relation.kind if isinstance(relation, Table) else Kind.TABLE
