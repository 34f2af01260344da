"""Types, domains and collations."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier, quote_literal
from kongtask.schema.model import (
    BaseType,
    Collation,
    CompositeType,
    Domain,
    EnumType,
    Kind,
    RangeType,
)
from kongtask.schema.render.columns import column_definition, not_null
from kongtask.schema.render.context import Context
from kongtask.schema.render.targets import comment_of
from kongtask.schema.render.text import (
    INDENT,
    comment_on,
    constraint_definition,
    listed,
    listed_options,
)
from kongtask.schema.steps import Step


def render_enum(context: Context, step: Step, type_: EnumType) -> Iterator[str]:
    """Yield the statements for an enum."""
    del context, step
    name = qualify(type_.schema, type_.name)
    labels = listed(quote_literal(label) for label in type_.labels)
    yield f"CREATE TYPE {name} AS ENUM {labels};"
    yield from comment_of(type_)


def render_composite(context: Context, step: Step, type_: CompositeType) -> Iterator[str]:
    """Yield the statements for a composite type."""
    del context, step
    name = qualify(type_.schema, type_.name)
    columns = listed(column_definition(type_, column) for column in type_.columns)
    yield f"CREATE TYPE {name} AS {columns};"
    yield from comment_of(type_)
    for column in type_.columns:
        yield from comment_on(f"COLUMN {name}.{quote_identifier(column.name)}", column.comment)


def render_range(context: Context, step: Step, type_: RangeType) -> Iterator[str]:
    """Yield the statements for a range."""
    del context, step
    name = qualify(type_.schema, type_.name)
    multirange = qualify(*type_.multirange) if type_.multirange is not None else None
    options = {
        "SUBTYPE": type_.subtype,
        "SUBTYPE_OPCLASS": type_.operator_class,
        "COLLATION": type_.collation,
        "CANONICAL": type_.canonical,
        "SUBTYPE_DIFF": type_.subtype_diff,
        "MULTIRANGE_TYPE_NAME": None if type_.has_usual_multirange else multirange,
    }
    given = ((key, value) for key, value in options.items() if value is not None)
    yield f"CREATE TYPE {name} AS RANGE {listed_options(given)};"
    yield from comment_of(type_)
    yield from comment_on(f"TYPE {multirange}", type_.multirange_comment)


def render_base_type(context: Context, step: Step, type_: BaseType) -> Iterator[str]:
    """Yield the statements for a base type or a shell."""
    del context, step
    name = qualify(type_.schema, type_.name)
    options = f" {listed_options(type_.options)}" if type_.options else ""
    yield f"CREATE TYPE {name}{options};"
    yield from comment_of(type_)


def render_domain(context: Context, step: Step, domain: Domain) -> Iterator[str]:
    """Yield the statements for a domain and the constraints that its step makes with it."""
    del context
    name = qualify(domain.schema, domain.name)
    inline = [
        constraint
        for constraint in domain.constraints
        if domain.part(Kind.CONSTRAINT, constraint.name) in step.parts
    ]
    words = [f"CREATE DOMAIN {name} AS {domain.type}"]
    if domain.collation is not None:
        words.append(f"COLLATE {domain.collation}")
    if domain.default is not None and domain.part(Kind.DEFAULT, domain.name) in step.parts:
        words.append(f"DEFAULT {domain.default}")
    if domain.not_null is not None:
        words.append(not_null(domain.not_null))
    lines = [f"\n{INDENT}{constraint_definition(constraint)}" for constraint in inline]
    yield f"{' '.join(words)}{''.join(lines)};"
    yield from comment_of(domain)
    if domain.not_null is not None and domain.not_null.name is not None:
        named = quote_identifier(domain.not_null.name)
        yield from comment_on(f"CONSTRAINT {named} ON DOMAIN {name}", domain.not_null.comment)
    for constraint in inline:
        named = quote_identifier(constraint.name)
        yield from comment_on(f"CONSTRAINT {named} ON DOMAIN {name}", constraint.comment)


def render_collation(context: Context, step: Step, collation: Collation) -> Iterator[str]:
    """Yield the statements for a collation."""
    del context, step
    name = qualify(collation.schema, collation.name)
    yield f"CREATE COLLATION {name} {listed_options(collation.options)};"
    yield from comment_of(collation)
