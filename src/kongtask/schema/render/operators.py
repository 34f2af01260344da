"""Operators, operator families and classes, conversions."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier, quote_literal
from kongtask.schema.model import Conversion, Operator, OperatorClass, OperatorFamily
from kongtask.schema.render.context import Context
from kongtask.schema.render.targets import comment_of, target
from kongtask.schema.render.text import INDENT, listed_options
from kongtask.schema.steps import Members, Step


def render_operator(context: Context, step: Step, operator: Operator) -> Iterator[str]:
    """Yield the statements for an operator."""
    del context, step
    name = f"{quote_identifier(operator.schema)}.{operator.name}"
    yield f"CREATE OPERATOR {name} {listed_options(operator.options)};"
    yield from comment_of(operator)


def render_family(context: Context, step: Step, family: OperatorFamily) -> Iterator[str]:
    """Yield the statements for an operator family without members."""
    del context, step
    yield f"CREATE {target(family)};"
    yield from comment_of(family)


def render_members(context: Context, step: Step, members: Members) -> Iterator[str]:
    """Yield the statement for the members of a family that belong to no class."""
    del context, step
    family = members.family
    yield f"ALTER {target(family)} ADD{_lines([m.definition for m in family.members])};"


def render_class(context: Context, step: Step, class_: OperatorClass) -> Iterator[str]:
    """Yield the statements for an operator class."""
    del context, step
    default = " DEFAULT" if class_.is_default else ""
    items = [member.definition for member in class_.members]
    # A class must have an item; naming the indexed type again as the stored one says nothing.
    if class_.storage is not None or not items:
        items.append(f"STORAGE {class_.storage or class_.type}")
    yield (
        f"CREATE OPERATOR CLASS {qualify(class_.schema, class_.name)}{default}\n"
        f"{INDENT}FOR TYPE {class_.type} USING {quote_identifier(class_.method)}"
        f" FAMILY {class_.family} AS{_lines(items)};"
    )
    yield from comment_of(class_)


def render_conversion(context: Context, step: Step, conversion: Conversion) -> Iterator[str]:
    """Yield the statements for a conversion."""
    del context, step
    default = "DEFAULT " if conversion.is_default else ""
    yield (
        f"CREATE {default}CONVERSION {qualify(conversion.schema, conversion.name)} "
        f"FOR {quote_literal(conversion.source)} TO {quote_literal(conversion.target)} "
        f"FROM {conversion.function};"
    )
    yield from comment_of(conversion)


def _lines(items: list[str]) -> str:
    return ",".join(f"\n{INDENT}{item}" for item in items)
