"""Any PostgreSQL schema: catalog -> model -> order -> text."""

from kongtask.schema.catalog import read, read_all, read_database
from kongtask.schema.render import render

__all__ = ["read", "read_all", "read_database", "render"]
