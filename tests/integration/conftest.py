"""Databases with the worker schema, for tests of the queue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.migrate import migrate, worker_migrations
from kongtask.names import WORKER_SCHEMA


@pytest.fixture
def queue_database(database: Target) -> Target:
    """A database with the worker schema and no jobs, dropped afterwards."""
    migrate(database, worker_migrations(), WORKER_SCHEMA)
    return database


@pytest.fixture
def queue(queue_database: Target) -> Iterator[Connection]:
    """A connection to a database with the worker schema, in autocommit mode."""
    with connect(queue_database) as opened:
        yield opened
