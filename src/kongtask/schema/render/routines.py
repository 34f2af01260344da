"""Functions, procedures and aggregates."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import dollar_quote, qualify, quote_identifier, quote_literal
from kongtask.schema.model import Aggregate, Routine
from kongtask.schema.render.context import Context
from kongtask.schema.render.targets import comment_of
from kongtask.schema.render.text import INDENT, listed_options
from kongtask.schema.steps import Step


def render_routine(context: Context, step: Step, routine: Routine) -> Iterator[str]:
    """Yield the statements for a function or procedure."""
    yield _create(routine, _body(routine), replace=step.key in context.shells)
    yield from comment_of(routine)


def routine_stand_in(routine: Routine) -> str:
    """Return the statement for a routine that does nothing yet."""
    return _create(routine, "AS ''", replace=False)


def render_aggregate(context: Context, step: Step, aggregate: Aggregate) -> Iterator[str]:
    """Yield the statements for an aggregate."""
    del context, step
    name = qualify(aggregate.schema, aggregate.name)
    options = listed_options(aggregate.options)
    yield f"CREATE AGGREGATE {name}({aggregate.arguments or '*'}) {options};"
    yield from comment_of(aggregate)


def _create(routine: Routine, body: str, *, replace: bool) -> str:
    name = qualify(routine.schema, routine.name)
    or_replace = "OR REPLACE " if replace else ""
    head = f"CREATE {or_replace}{routine.kind} {name}({routine.arguments})"
    lines = [f"RETURNS {routine.result}"] if routine.result is not None else []
    lines.append(" ".join(_attributes(routine)))
    lines += [f"SET {key} TO {value}" for key, value in routine.settings]
    lines.append(body)
    return "".join([head, *(f"\n{INDENT}{line}" for line in lines), ";"])


def _attributes(routine: Routine) -> Iterator[str]:
    if routine.transforms:
        yield f"TRANSFORM {', '.join(f'FOR TYPE {type_}' for type_ in routine.transforms)}"
    yield f"LANGUAGE {quote_identifier(routine.language)}"
    if routine.is_window:
        yield "WINDOW"
    if routine.volatility != "VOLATILE":
        yield routine.volatility
    if routine.strict:
        yield "STRICT"
    if routine.security_definer:
        yield "SECURITY DEFINER"
    if routine.leakproof:
        yield "LEAKPROOF"
    if routine.parallel != "UNSAFE":
        yield f"PARALLEL {routine.parallel}"
    if routine.cost is not None:
        yield f"COST {routine.cost}"
    if routine.rows is not None:
        yield f"ROWS {routine.rows}"
    if routine.support is not None:
        yield f"SUPPORT {routine.support}"


def _body(routine: Routine) -> str:
    if routine.sql_body is not None:
        return routine.sql_body
    if routine.library is not None:
        return f"AS {quote_literal(routine.library)}, {quote_literal(routine.body)}"
    return f"AS {dollar_quote(routine.body)}"
