"""Views, sequences and extended statistics."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier
from kongtask.schema.model import Kind, Sequence, Statistics, View
from kongtask.schema.render.columns import column_settings, sequence_options
from kongtask.schema.render.context import Context
from kongtask.schema.render.text import INDENT, comment_on, storage_parameters
from kongtask.schema.steps import Ownership, Shell, Step


def render_view(context: Context, step: Step, view: View) -> Iterator[str]:
    """Yield the statements for a view or a materialized view."""
    name = qualify(view.schema, view.name)
    replace = "OR REPLACE " if step.key in context.shells else ""
    head = [f"CREATE {replace}{view.kind} {name}"]
    if view.access_method is not None:
        head.append(f"USING {quote_identifier(view.access_method)}")
    if view.options:
        head.append(f"WITH ({', '.join(storage_parameters(view.options))})")
    query = view.definition.rstrip(";")
    # Loading must not run the query: it may need data, or functions that come later.
    end = "\nWITH NO DATA;" if view.kind is Kind.MATERIALIZED_VIEW else ";"
    yield f"{' '.join(head)} AS\n{query}{end}"
    alter = f"ALTER {view.kind} {name}"
    for column in view.columns:
        if column.default is not None:
            quoted = quote_identifier(column.name)
            yield f"{alter} ALTER COLUMN {quoted} SET DEFAULT {column.default};"
        yield from column_settings(alter, column)
    yield from comment_on(f"{view.kind} {name}", view.comment)
    for column in view.columns:
        target = f"COLUMN {name}.{quote_identifier(column.name)}"
        yield from comment_on(target, column.comment)


def render_shell(context: Context, step: Step, shell: Shell) -> Iterator[str]:
    """Yield the statement for a stand-in: a view of nulls, or a type by name only."""
    del context, step
    item = shell.item
    name = qualify(item.schema, item.name)
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


def render_sequence(context: Context, step: Step, sequence: Sequence) -> Iterator[str]:
    """Yield the statements for a sequence that is no identity column's."""
    del context, step
    name = qualify(sequence.schema, sequence.name)
    words = [f"CREATE {'UNLOGGED ' if sequence.unlogged else ''}SEQUENCE {name}"]
    if sequence.options.type != "bigint":
        words.append(f"AS {sequence.options.type}")
    yield f"{' '.join([*words, *sequence_options(sequence.options)])};"
    yield from comment_on(f"SEQUENCE {name}", sequence.comment)


def render_ownership(context: Context, step: Step, ownership: Ownership) -> Iterator[str]:
    """Yield the statement that lets a sequence go with its column."""
    del context, step
    sequence = ownership.sequence
    assert sequence.owned_by is not None, "the step exists for sequences that are owned"
    table, column = sequence.owned_by
    owner = f"{qualify(table.schema, table.name)}.{quote_identifier(column)}"
    yield f"ALTER SEQUENCE {qualify(sequence.schema, sequence.name)} OWNED BY {owner};"


def render_statistics(context: Context, step: Step, statistics: Statistics) -> Iterator[str]:
    """Yield the statements for an extended statistics object."""
    del context, step
    name = qualify(statistics.schema, statistics.name)
    yield f"{statistics.definition};"
    if statistics.target is not None:
        yield f"ALTER STATISTICS {name} SET STATISTICS {statistics.target};"
    yield from comment_on(f"STATISTICS {name}", statistics.comment)
