"""Fixtures for pytest: ``kongtask_server``, ``kongtask_database`` and ``kongtask_queue``.

Nothing is imported or started before a test asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kongtask.testing.queue import TestQueue


@pytest.fixture(scope="session")
def kongtask_server() -> Iterator[str]:
    """A server for tests, as libpq takes it, with a role that may create databases.

    ``KONGTASK_TEST_DATABASE_URL`` names one; without it, the embedded server starts.
    """
    given = os.environ.get("KONGTASK_TEST_DATABASE_URL")
    if given is not None:
        yield given
        return
    from kongtask.database.embedded import embedded_server

    with embedded_server() as server:
        yield server.target().conninfo


@pytest.fixture
def kongtask_database(kongtask_server: str) -> Iterator[str]:
    """An empty database of the test's own, as libpq takes it; it is dropped afterwards."""
    from kongtask.database.connection import Target
    from kongtask.database.scratch import scratch_database

    server = Target(conninfo=kongtask_server, source="kongtask_server")
    with scratch_database(server) as database:
        yield database.conninfo


@pytest.fixture
def kongtask_queue(kongtask_database: str) -> Iterator[TestQueue]:
    """An empty queue in a database of the test's own."""
    from kongtask.testing.queue import TestQueue

    with closing(TestQueue(kongtask_database)) as queue:
        yield queue
