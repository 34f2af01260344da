"""Views, stand-ins, and extended statistics."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier
from kongtask.schema.model import Kind, Routine, Statistics, View
from kongtask.schema.render.columns import column_settings
from kongtask.schema.render.context import Context
from kongtask.schema.render.routines import routine_stand_in
from kongtask.schema.render.targets import comment_of, target
from kongtask.schema.render.text import INDENT, comment_on, storage_parameters
from kongtask.schema.steps import Shell, Step


def render_view(context: Context, step: Step, view: View) -> Iterator[str]:
    """Yield the statements for a view or a materialized view."""
    name = qualify(view.schema, view.name)
    replace = "OR REPLACE " if step.key in context.shells else ""
    head = [f"CREATE {replace}{view.kind} {name}"]
    if view.access_method is not None:
        head.append(f"USING {quote_identifier(view.access_method)}")
    if view.options:
        head.append(f"WITH ({', '.join(storage_parameters(view.options))})")
    query = view.definition.removesuffix(";")
    # Loading must not run the query: it may need data, or functions that come later.
    end = "\nWITH NO DATA;" if view.kind is Kind.MATERIALIZED_VIEW else ";"
    yield f"{' '.join(head)} AS\n{query}{end}"
    alter = f"ALTER {view.kind} {name}"
    for column in view.columns:
        if view.part(Kind.DEFAULT, column.name) in step.parts:
            quoted = quote_identifier(column.name)
            yield f"{alter} ALTER COLUMN {quoted} SET DEFAULT {column.default};"
        yield from column_settings(alter, column, None)
    yield from comment_of(view)
    yield from comment_on(f"TYPE {name}", view.type_comment)
    for column in view.columns:
        yield from comment_on(f"COLUMN {name}.{quote_identifier(column.name)}", column.comment)


def render_shell(context: Context, step: Step, shell: Shell) -> Iterator[str]:
    """Yield the statement for a stand-in: a view of nulls, or a type or routine by name only."""
    del context, step
    item = shell.item
    name = qualify(item.schema, item.name)
    if isinstance(item, Routine):
        yield routine_stand_in(item)
        return
    if not isinstance(item, View):
        yield f"CREATE TYPE {name};"
        return
    columns = ",\n".join(
        f"{INDENT}NULL::{column.type}"
        f"{f' COLLATE {column.collation}' if column.collation else ''}"
        f" AS {quote_identifier(column.name)}"
        for column in item.columns
    )
    yield f"CREATE VIEW {name} AS\nSELECT\n{columns};"


def render_statistics(context: Context, step: Step, statistics: Statistics) -> Iterator[str]:
    """Yield the statements for an extended statistics object."""
    del context, step
    yield f"{statistics.definition};"
    if statistics.target is not None:
        yield f"ALTER {target(statistics)} SET STATISTICS {statistics.target};"
    yield from comment_of(statistics)
