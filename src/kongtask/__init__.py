"""kongtask: a PostgreSQL job queue for Python whose database schema is a verified artefact."""

__version__ = "0.1.0"
