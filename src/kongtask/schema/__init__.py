"""Any PostgreSQL schema: catalog -> model -> order -> text."""

from kongtask.schema.catalog import read, read_all, read_database
from kongtask.schema.document import decode, encode
from kongtask.schema.render import render

__all__ = ["decode", "encode", "read", "read_all", "read_database", "render"]
