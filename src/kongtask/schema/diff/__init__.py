"""What differs between two databases, what making it so does, and the statements that do it."""

from kongtask.schema.diff.changes import (
    Action,
    AttributeChange,
    Change,
    Difference,
    Impact,
    Rename,
    counts,
    title,
)
from kongtask.schema.diff.compare import Scope, compare

__all__ = [
    "Action",
    "AttributeChange",
    "Change",
    "Difference",
    "Impact",
    "Rename",
    "Scope",
    "compare",
    "counts",
    "title",
]
