"""Steps -> SQL text; pure functions, one module for each family of objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kongtask.schema.model import (
    Aggregate,
    BaseType,
    Collation,
    Column,
    CompositeType,
    Constraint,
    Domain,
    EnumType,
    Index,
    Policy,
    RangeType,
    Routine,
    Rule,
    Schema,
    Sequence,
    Statistics,
    Table,
    Trigger,
    View,
)
from kongtask.schema.order import order
from kongtask.schema.render import parts, relations, routines, tables, types
from kongtask.schema.render.context import Context
from kongtask.schema.render.schemas import render_schema
from kongtask.schema.steps import Ownership, Phase, Shell, Step

__all__ = ["render"]

#: What every load needs: the text is UTF-8, quotes strings the standard way, qualifies every name,
#: and holds function bodies before the objects that they mention.
_OPENING = """\
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';"""

_CLOSING = """\
RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;"""

_RENDERERS: dict[type, Callable[[Context, Step, Any], Iterable[str]]] = {
    Schema: render_schema,
    Collation: types.render_collation,
    EnumType: types.render_enum,
    CompositeType: types.render_composite,
    RangeType: types.render_range,
    BaseType: types.render_base_type,
    Domain: types.render_domain,
    Sequence: relations.render_sequence,
    Ownership: relations.render_ownership,
    Table: tables.render_table,
    Column: tables.render_default,
    Constraint: parts.render_constraint,
    Index: parts.render_index,
    Trigger: parts.render_trigger,
    Rule: parts.render_rule,
    Policy: parts.render_policy,
    Statistics: relations.render_statistics,
    View: relations.render_view,
    Shell: relations.render_shell,
    Routine: routines.render_routine,
    Aggregate: routines.render_aggregate,
}


def render(*schemas: Schema) -> str:
    """Return the SQL that makes some schemas in an empty database.

    Args:
        schemas: what to make; dependencies among them are respected.

    Returns:
        The body of an export: loadable text that ends in one newline.

    Raises:
        UnsupportedObjectError: objects need each other in a circle that nothing opens.
    """
    steps = order(*schemas)
    context = Context.of(schemas, steps)
    blocks = [_OPENING]
    phase: Phase | None = None
    for step in steps:
        # A step that was moved forward stays under the heading of the section that needs it.
        if phase is None or step.phase > phase:
            phase = step.phase
            if phase is not Phase.SCHEMAS:
                blocks.append(f"--\n-- {phase.title}\n--")
        blocks.append("\n".join(_RENDERERS[type(step.item)](context, step, step.item)))
    return "\n\n".join([*blocks, _CLOSING]) + "\n"
