"""Publications."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier, quote_literal
from kongtask.schema.model import Publication, PublicationTable
from kongtask.schema.render.context import Context
from kongtask.schema.render.targets import comment_of, target
from kongtask.schema.render.text import INDENT
from kongtask.schema.steps import Step

_ALL_OPERATIONS = ("insert", "update", "delete", "truncate")


def render_publication(context: Context, step: Step, publication: Publication) -> Iterator[str]:
    """Yield the statements for a publication."""
    del context, step
    # Before 15, TABLE stands once before all of them.
    members = [
        f"{'ONLY' if place else 'TABLE ONLY'} {_table(table)}"
        for place, table in enumerate(publication.tables)
    ]
    members += (f"TABLES IN SCHEMA {quote_identifier(name)}" for name in publication.schemas)
    lines = [f"CREATE {target(publication)}"]
    if publication.all_tables:
        lines.append("FOR ALL TABLES")
    elif members:
        lines.append("FOR " + f",\n{INDENT * 2}".join(members))
    options = ", ".join(_options(publication))
    if options:
        lines.append(f"WITH ({options})")
    yield f"\n{INDENT}".join(lines) + ";"
    yield from comment_of(publication)


def _table(table: PublicationTable) -> str:
    columns = ", ".join(quote_identifier(column) for column in table.columns)
    listed = f" ({columns})" if columns else ""
    rows = f" WHERE ({table.filter})" if table.filter is not None else ""
    return f"{qualify(table.schema, table.name)}{listed}{rows}"


def _options(publication: Publication) -> Iterator[str]:
    if publication.operations != _ALL_OPERATIONS:
        yield f"publish = {quote_literal(', '.join(publication.operations))}"
    if publication.via_root:
        yield "publish_via_partition_root = true"
    if publication.generated_columns:
        yield "publish_generated_columns = stored"
