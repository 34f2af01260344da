"""Databases with the worker schema."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kongtask.database.connection import Target, connect
from kongtask.migrate import install_extension, migrate, worker_migrations
from kongtask.names import WORKER_SCHEMA
from kongtask.worker import App

from .own_server import OwnServer, own_migrated_server
from .queue import Queue


@pytest.fixture
def queue(database: Target) -> Iterator[Queue]:
    """An empty queue at the latest revision."""
    migrate(database, worker_migrations(), WORKER_SCHEMA)
    with connect(database) as connection:
        yield Queue(connection, database.conninfo)


@pytest.fixture
def extended(database: Target, queue: Queue) -> Queue:
    """A queue with the schema beside it."""
    install_extension(database, WORKER_SCHEMA)
    return queue


@pytest.fixture
def app(queue: Queue) -> App:
    """An application without tasks on that queue."""
    return App(queue.conninfo)


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    """A server of the test's own with a migrated database."""
    with own_migrated_server() as server:
        yield server
