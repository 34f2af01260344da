"""The system catalog -> the model. Only this package reads the database."""

from kongtask.schema.catalog.reader import ConstraintNames, read, read_all, schema_names

__all__ = ["ConstraintNames", "read", "read_all", "schema_names"]
