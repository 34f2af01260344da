"""Sequences."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier
from kongtask.schema.model import Sequence, SequenceOptions
from kongtask.schema.render.context import Context
from kongtask.schema.render.targets import comment_of, target
from kongtask.schema.steps import Ownership, Step


def render_sequence(context: Context, step: Step, sequence: Sequence) -> Iterator[str]:
    """Yield the statements for a sequence that is no identity column's."""
    del context, step
    name = qualify(sequence.schema, sequence.name)
    words = [f"CREATE {'UNLOGGED ' if sequence.unlogged else ''}SEQUENCE {name}"]
    if sequence.options.type != "bigint":
        words.append(f"AS {sequence.options.type}")
    yield f"{' '.join([*words, *sequence_options(sequence.options)])};"
    yield from comment_of(sequence)


def render_ownership(context: Context, step: Step, ownership: Ownership) -> Iterator[str]:
    """Yield the statement that lets a sequence go with its column."""
    del context, step
    sequence = ownership.sequence
    assert sequence.owned_by is not None, "the step exists for sequences that are owned"
    table, column = sequence.owned_by
    owner = f"{qualify(table.schema, table.name)}.{quote_identifier(column)}"
    yield f"ALTER {target(sequence)} OWNED BY {owner};"


def sequence_options(options: SequenceOptions) -> Iterator[str]:
    """Yield the options of a sequence that differ from the defaults, but for its type."""
    if options.start is not None:
        yield f"START WITH {options.start}"
    if options.increment != 1:
        yield f"INCREMENT BY {options.increment}"
    if options.minimum is not None:
        yield f"MINVALUE {options.minimum}"
    if options.maximum is not None:
        yield f"MAXVALUE {options.maximum}"
    if options.cache != 1:
        yield f"CACHE {options.cache}"
    if options.cycle:
        yield "CYCLE"
