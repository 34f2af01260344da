"""ALTER statements for lists of options, and for the numbers of a sequence."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier
from kongtask.schema.model import Sequence, SequenceOptions
from kongtask.schema.render.text import comment_change, storage_parameters


def parameter_changes(
    alter: str, old: tuple[str, ...], new: tuple[str, ...], prefix: str = ""
) -> Iterator[str]:
    """Yield SET and RESET of storage parameters.

    Args:
        alter: the statement up to these words.
        old: ``name=value`` items as they are.
        new: as they are to be.
        prefix: ``toast.`` for those of a TOAST table.
    """
    before, after = (dict(item.partition("=")[::2] for item in items) for items in (old, new))
    gone = [f"{prefix}{quote_identifier(name)}" for name in before if name not in after]
    if gone:
        yield f"{alter} RESET ({', '.join(gone)});"
    changed = [item for item in new if item not in old]
    if changed:
        yield f"{alter} SET ({', '.join(storage_parameters(changed, prefix))});"


def foreign_options(alter: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    """Yield OPTIONS of foreign tables, their columns, servers and so on.

    Args:
        alter: the statement up to these words.
        old: ``name 'value'`` items as they are.
        new: as they are to be.
    """
    before, after = (dict(_named(item) for item in items) for items in (old, new))
    changes = [f"DROP {name}" for name in before if name not in after]
    for name, value in after.items():
        if before.get(name) != value:
            changes.append(f"{'SET' if name in before else 'ADD'} {name} {value}")
    if changes:
        yield f"{alter} OPTIONS ({', '.join(changes)});"


def sequence_alterations(old: Sequence, new: Sequence) -> Iterator[str]:
    """Yield the statements that give a sequence other numbers; its position stays."""
    name = f"SEQUENCE {qualify(new.schema, new.name)}"
    if (old.schema, old.name) != (new.schema, new.name):
        yield (
            f"ALTER SEQUENCE {qualify(old.schema, old.name)} "
            f"RENAME TO {quote_identifier(new.name)};"
        )
    if old.options != new.options:
        yield f"ALTER {name} {' '.join(_numbers(old.options, new.options))};"
    if old.unlogged != new.unlogged:
        yield f"ALTER {name} SET {'UNLOGGED' if new.unlogged else 'LOGGED'};"
    if old.comment != new.comment:
        yield comment_change(name, new.comment)


def _numbers(old: SequenceOptions, new: SequenceOptions) -> Iterator[str]:
    if old.type != new.type:
        yield f"AS {new.type}"
    if old.increment != new.increment:
        yield f"INCREMENT BY {new.increment}"
    # A limit at its default follows the type and direction, and must be said again with them.
    shape = (old.type, old.increment > 0) != (new.type, new.increment > 0)
    if old.minimum != new.minimum or shape:
        yield "NO MINVALUE" if new.minimum is None else f"MINVALUE {new.minimum}"
    if old.maximum != new.maximum or shape:
        yield "NO MAXVALUE" if new.maximum is None else f"MAXVALUE {new.maximum}"
    if _start(old) != _start(new):
        yield f"START WITH {_start(new)}"
    if old.cache != new.cache:
        yield f"CACHE {new.cache}"
    if old.cycle != new.cycle:
        yield "CYCLE" if new.cycle else "NO CYCLE"


def _start(options: SequenceOptions) -> int:
    """Return where a sequence begins: at its lower limit, or its upper one if it goes down."""
    if options.start is not None:
        return options.start
    if options.increment > 0:
        return 1 if options.minimum is None else options.minimum
    return -1 if options.maximum is None else options.maximum


def _named(item: str) -> tuple[str, str]:
    """Split ``name 'value'``; a quoted name may hold spaces."""
    end = item.index('"', 1) + 1 if item.startswith('"') else item.index(" ")
    return item[:end], item[end:].strip()
