"""What making a change does to a database in use: data lost, tables rewritten, locks taken.

Rules: the locks are those of PostgreSQL's manual, "Explicit Locking" and ALTER TABLE; what rewrites
a table is in ALTER TABLE's notes.
"""

from __future__ import annotations

import re
from typing import Any

from kongtask.schema.diff.changes import Action, AttributeChange, Impact
from kongtask.schema.model import (
    Column,
    Constraint,
    ConstraintKind,
    EnumType,
    Index,
    Kind,
    Policy,
    Rule,
    Sequence,
    Table,
    Trigger,
    View,
)

_ALL = "ACCESS EXCLUSIVE: stops reads and writes"
_WRITES = "SHARE: stops writes"
_WRITERS = "SHARE ROW EXCLUSIVE: stops writes"
_OTHERS = "SHARE UPDATE EXCLUSIVE: stops other changes of the table"

#: Attributes of tables and columns whose change writes the whole table anew.
_REWRITING = {
    "type": "the type changes",
    "generated": "the column is generated otherwise",
    "unlogged": "logging changes",
    "access_method": "the access method changes",
    "collation": "the collation changes",
    "tablespace": "it moves to another tablespace",
}

_WEAK = frozenset({"comment", "type_comment", "owner", "grants", "statistics", "security_labels"})

_VOLATILE = re.compile(r"\b(nextval|random|clock_timestamp|gen_random_uuid|timeofday|uuidv[47])\(")

_LENGTH = re.compile(r"(character varying|varchar|bit varying|varbit)(?:\((\d+)\))?\Z")


def impact_of(
    action: Action, old: Any, new: Any, attributes: tuple[AttributeChange, ...]
) -> Impact:
    """Tell what making a change does.

    Args:
        action: what happens.
        old: the object as it is; None where it is added.
        new: the object as it is to be; None where it is removed.
        attributes: what differs.
    """
    if action is Action.REMOVED:
        return _removal(old)
    if action is Action.ADDED:
        return _addition(new)
    return _alteration(old, new, attributes)


def _removal(old: Any) -> Impact:
    if isinstance(old, Table):
        destroys = None if old.kind is Kind.FOREIGN_TABLE else "the table's rows"
        return Impact(destroys=destroys, lock=_ALL)
    if isinstance(old, Column):
        return Impact(destroys="the column's values", lock=_ALL)
    if isinstance(old, Sequence):
        return Impact(destroys="the sequence's position")
    if isinstance(old, View):
        return Impact(lock=_ALL)
    if isinstance(old, Index | Constraint | Trigger | Rule | Policy):
        return Impact(lock=_ALL)
    return Impact()


def _addition(new: Any) -> Impact:
    if isinstance(new, Column):
        return Impact(rewrites=_added_column(new), lock=_ALL)
    if isinstance(new, Constraint):
        return Impact(lock=_WRITERS if new.kind is ConstraintKind.FOREIGN_KEY else _ALL)
    if isinstance(new, Index):
        return Impact(lock=_WRITES)
    if isinstance(new, Trigger):
        return Impact(lock=_WRITERS)
    if isinstance(new, Rule | Policy):
        return Impact(lock=_ALL)
    return Impact()


def _added_column(column: Column) -> str | None:
    if column.generated == "STORED":
        return "a stored generated column is computed for each row"
    if column.identity is not None:
        return "each row gets a number"
    if column.default is not None and _VOLATILE.search(column.default):
        return "each row gets a default of its own"
    return None


def _alteration(old: Any, new: Any, attributes: tuple[AttributeChange, ...]) -> Impact:
    names = {attribute.name.partition(".")[0] for attribute in attributes}
    if isinstance(new, EnumType) and isinstance(old, EnumType):
        is_extended = set(old.labels) <= set(new.labels)
        return Impact(rewrites=None if is_extended else "columns of the type are written anew")
    if names <= _WEAK:
        return Impact(lock=_OTHERS if "statistics" in names else None)
    if isinstance(new, Column | Table):
        return _table_alteration(old, new, names)
    if isinstance(new, Constraint) and names == {"valid"}:
        return Impact(lock=_OTHERS)
    is_of_table = isinstance(new, Constraint | Trigger | Rule | Policy | View)
    return Impact(lock=_ALL if is_of_table else _WRITES if isinstance(new, Index) else None)


def _table_alteration(old: Any, new: Column | Table, names: set[str]) -> Impact:
    if "partition_key" in names:
        return Impact(destroys="the table's rows, unless they are moved by hand", lock=_ALL)
    reasons = {name: reason for name, reason in _REWRITING.items() if name in names}
    if isinstance(new, Column) and is_wider(old.type, new.type):
        reasons.pop("type", None)
    return Impact(rewrites="; ".join(reasons.values()) or None, lock=_ALL)


def is_wider(old: str, new: str) -> bool:
    """Tell whether every value of a type is one of another, in the same form: no rewrite.

    Rule: ALTER TABLE, Notes: a binary coercible change with no new limit needs none.
    """
    if new == "text" and (old == "character varying" or _LENGTH.match(old)):
        return "bit" not in old
    one, other = _LENGTH.match(old), _LENGTH.match(new)
    if one is None or other is None or one[1] != other[1]:
        return False
    return other[2] is None or (one[2] is not None and int(one[2]) <= int(other[2]))
