"""The system catalog -> the model. Only this package reads the database."""

from kongtask.schema.catalog.answers import Report
from kongtask.schema.catalog.reader import (
    ConstraintNames,
    Extensions,
    read,
    read_all,
    read_database,
    schema_names,
)

__all__ = [
    "ConstraintNames",
    "Extensions",
    "Report",
    "read",
    "read_all",
    "read_database",
    "schema_names",
]
