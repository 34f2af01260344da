"""Steps -> SQL text; pure functions, one module for each family of objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from kongtask.schema import model, steps
from kongtask.schema.order import Placed, order
from kongtask.schema.partitions import Partitioning
from kongtask.schema.render import (
    database as database_objects,
)
from kongtask.schema.render import (
    indexes,
    operators,
    parts,
    publications,
    relations,
    routines,
    sequences,
    tables,
    text_search,
    types,
)
from kongtask.schema.render.context import Context
from kongtask.schema.render.privileges import (
    event_trigger_owners,
    owner_statements,
    privilege_statements,
)
from kongtask.schema.render.schemas import render_schema
from kongtask.schema.render.security_labels import label_statements

__all__ = [
    "CLOSING",
    "OPENING",
    "Block",
    "heading",
    "join_blocks",
    "placed_steps",
    "render",
    "render_blocks",
    "step_statements",
]

#: What every load needs: the text is UTF-8, quotes strings the standard way, qualifies every name,
#: and holds function bodies before the objects that they mention.
OPENING = """\
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';"""

#: Leaves the session as it was.
CLOSING = """\
RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;"""

_RENDERERS: dict[type, Callable[[Context, steps.Step, Any], Iterable[str]]] = {
    model.Schema: render_schema,
    model.Extension: database_objects.render_extension,
    model.Language: database_objects.render_language,
    model.AccessMethod: database_objects.render_access_method,
    model.ForeignDataWrapper: database_objects.render_wrapper,
    model.Server: database_objects.render_server,
    model.UserMapping: database_objects.render_user_mapping,
    model.Cast: database_objects.render_cast,
    model.Transform: database_objects.render_transform,
    model.Publication: publications.render_publication,
    model.EventTrigger: database_objects.render_event_trigger,
    model.Collation: types.render_collation,
    model.EnumType: types.render_enum,
    model.CompositeType: types.render_composite,
    model.RangeType: types.render_range,
    model.BaseType: types.render_base_type,
    model.Domain: types.render_domain,
    model.Sequence: sequences.render_sequence,
    steps.Ownership: sequences.render_ownership,
    model.Table: tables.render_table,
    steps.Default: parts.render_default,
    model.Constraint: parts.render_constraint,
    steps.CloneComment: parts.render_clone_comment,
    model.Index: indexes.render_index,
    steps.Attachment: indexes.render_attachment,
    model.Trigger: parts.render_trigger,
    model.Rule: parts.render_rule,
    model.Policy: parts.render_policy,
    model.Statistics: relations.render_statistics,
    model.View: relations.render_view,
    steps.Shell: relations.render_shell,
    model.Routine: routines.render_routine,
    model.Aggregate: routines.render_aggregate,
    model.Operator: operators.render_operator,
    model.OperatorFamily: operators.render_family,
    model.OperatorClass: operators.render_class,
    steps.Members: operators.render_members,
    model.Conversion: operators.render_conversion,
    model.TextSearchParser: text_search.render_functions,
    model.TextSearchTemplate: text_search.render_functions,
    model.TextSearchDictionary: text_search.render_dictionary,
    model.TextSearchConfiguration: text_search.render_configuration,
}


class Block(Struct, frozen=True):
    """One block of the text: all statements of one step, or one section about many objects.

    Attributes:
        section: the title of the section that it stands in.
        key: what the step makes; None for a section of its own, such as the privileges.
        text: statements, without a final newline.
    """

    section: str
    key: model.Ref | None
    text: str


def render(
    *schemas: model.Schema,
    database: model.Database | None = None,
    comments: bool = True,
    owners: bool = False,
    privileges: bool = False,
) -> str:
    """Return the SQL that makes some schemas in an empty database.

    Args:
        schemas: what to make; dependencies among them are respected.
        database: what to make that no schema owns, and extensions; its own schemas do not count.
        comments: with COMMENT statements.
        owners: with statements that give every object to its owner.
        privileges: with grants and revokes, and default privileges.

    Returns:
        The body of an export: loadable text that ends in one newline.

    Raises:
        UnsupportedObjectError: objects need each other in a circle that nothing opens.
    """
    blocks = render_blocks(
        *schemas, database=database, comments=comments, owners=owners, privileges=privileges
    )
    return join_blocks(blocks)


def join_blocks(blocks: Iterable[Block]) -> str:
    """Return the body that some blocks make."""
    texts, section = [OPENING], steps.Phase.SCHEMAS.title  # which speaks for itself
    for block in blocks:
        if block.section != section:
            section = block.section
            texts.append(heading(section))
        texts.append(block.text)
    texts.append(CLOSING)
    return "\n\n".join(texts) + "\n"


def render_blocks(
    *schemas: model.Schema,
    database: model.Database | None = None,
    comments: bool = True,
    owners: bool = False,
    privileges: bool = False,
) -> Iterator[Block]:
    """Yield the blocks of :func:`render`'s text, in their order."""
    whole = replace(database or model.Database(schemas=()), schemas=schemas)
    placed, context = placed_steps(whole)
    # Event triggers come last: they would fire at what comes after them.
    last = [item for item in placed if item.section is steps.Phase.EVENT_TRIGGERS]
    yield from _object_blocks(placed[: len(placed) - len(last)], context, comments=comments)
    yield from _section("Security labels", label_statements(whole))
    if owners:
        yield from _section("Owners", owner_statements(whole))
    if privileges:
        yield from _section("Privileges", privilege_statements(whole))
    yield from _object_blocks(last, context, comments=comments)
    if owners:
        yield from _section("Owners of event triggers", event_trigger_owners(whole))


def heading(title: str) -> str:
    """Return the lines over a section."""
    return f"--\n-- {title}\n--"


def placed_steps(
    database: model.Database, detached: frozenset[model.Ref] = frozenset()
) -> tuple[list[Placed], Context]:
    """Return the steps that make a database in their order, and what rendering them takes.

    Args:
        database: what to make.
        detached: defaults and constraints that get statements of their own.

    Raises:
        UnsupportedObjectError: objects need each other in a circle that nothing opens.
    """
    outside = (table for schema in database.schemas for table in schema.outside_tables)
    inside = (table for schema in database.schemas for table in schema.tables)
    partitioning = Partitioning.of((*outside, *inside))
    placed = order(database, partitioning, detached)
    return placed, Context.of(partitioning, (item.step for item in placed))


def step_statements(context: Context, step: steps.Step) -> Iterator[str]:
    """Yield the statements that make what a step makes."""
    yield from _RENDERERS[type(step.item)](context, step, step.item)


def _object_blocks(
    placed: Iterable[Placed], context: Context, *, comments: bool
) -> Iterator[Block]:
    for item in placed:
        step = item.step
        statements = _RENDERERS[type(step.item)](context, step, step.item)
        if not comments:
            statements = (x for x in statements if not x.startswith("COMMENT ON "))
        text = "\n".join(statements)
        if text:
            yield Block(item.section.title, step.key, text)


def _section(title: str, statements: Iterable[str]) -> Iterator[Block]:
    text = "\n".join(statements)
    if text:
        yield Block(title, None, text)
