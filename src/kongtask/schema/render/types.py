"""Types, domains and collations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kongtask.names import qualify, quote_identifier, quote_literal
from kongtask.schema.model import (
    BaseType,
    Collation,
    CompositeType,
    Domain,
    EnumType,
    Kind,
    RangeType,
    Ref,
)
from kongtask.schema.render.columns import column_definition, not_null
from kongtask.schema.render.context import Context
from kongtask.schema.render.text import INDENT, comment_on, listed
from kongtask.schema.steps import Step


def render_enum(context: Context, step: Step, type_: EnumType) -> Iterator[str]:
    """Yield the statements for an enum."""
    del context, step
    name = qualify(type_.schema, type_.name)
    labels = listed(quote_literal(label) for label in type_.labels)
    yield f"CREATE TYPE {name} AS ENUM {labels};"
    yield from comment_on(f"TYPE {name}", type_.comment)


def render_composite(context: Context, step: Step, type_: CompositeType) -> Iterator[str]:
    """Yield the statements for a composite type."""
    del context, step
    name = qualify(type_.schema, type_.name)
    columns = listed(column_definition(column) for column in type_.columns)
    yield f"CREATE TYPE {name} AS {columns};"
    yield from comment_on(f"TYPE {name}", type_.comment)
    for column in type_.columns:
        target = f"COLUMN {name}.{quote_identifier(column.name)}"
        yield from comment_on(target, column.comment)


def render_range(context: Context, step: Step, type_: RangeType) -> Iterator[str]:
    """Yield the statements for a range."""
    del context, step
    name = qualify(type_.schema, type_.name)
    options = {
        "SUBTYPE": type_.subtype,
        "SUBTYPE_OPCLASS": type_.operator_class,
        "COLLATION": type_.collation,
        "CANONICAL": type_.canonical,
        "SUBTYPE_DIFF": type_.subtype_diff,
        "MULTIRANGE_TYPE_NAME": type_.multirange,
    }
    yield f"CREATE TYPE {name} AS RANGE {_options(options.items())};"
    yield from comment_on(f"TYPE {name}", type_.comment)


def render_base_type(context: Context, step: Step, type_: BaseType) -> Iterator[str]:
    """Yield the statements for a base type or a shell."""
    del context, step
    name = qualify(type_.schema, type_.name)
    yield (
        f"CREATE TYPE {name} {_options(type_.options)};"
        if type_.options
        else (f"CREATE TYPE {name};")
    )
    yield from comment_on(f"TYPE {name}", type_.comment)


def render_domain(context: Context, step: Step, domain: Domain) -> Iterator[str]:
    """Yield the statements for a domain and the constraints that its step makes with it."""
    del context
    name = qualify(domain.schema, domain.name)
    inline = [
        constraint
        for constraint in domain.constraints
        if Ref(Kind.CONSTRAINT, domain.schema, domain.name, constraint.name) in step.parts
    ]
    words = [f"CREATE DOMAIN {name} AS {domain.type}"]
    if domain.collation is not None:
        words.append(f"COLLATE {domain.collation}")
    if domain.default is not None:
        words.append(f"DEFAULT {domain.default}")
    if domain.not_null is not None:
        words.append(not_null(domain.not_null))
    lines = [
        f"\n{INDENT}CONSTRAINT {quote_identifier(constraint.name)} {constraint.definition}"
        for constraint in inline
    ]
    yield f"{' '.join(words)}{''.join(lines)};"
    yield from comment_on(f"DOMAIN {name}", domain.comment)
    for constraint in inline:
        target = f"CONSTRAINT {quote_identifier(constraint.name)} ON DOMAIN {name}"
        yield from comment_on(target, constraint.comment)


def render_collation(context: Context, step: Step, collation: Collation) -> Iterator[str]:
    """Yield the statements for a collation."""
    del context, step
    name = qualify(collation.schema, collation.name)
    yield f"CREATE COLLATION {name} {_options(collation.options)};"
    yield from comment_on(f"COLLATION {name}", collation.comment)


def _options(options: Iterable[tuple[str, str | None]]) -> str:
    return listed(f"{key} = {value}" for key, value in options if value is not None)
