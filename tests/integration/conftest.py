"""Databases with the worker schema, for tests of the queue."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from kongtask.database.connection import Connection, Target, compose, connect
from kongtask.database.scratch import scratch_database
from kongtask.migrate import migrate, worker_migrations
from kongtask.names import WORKER_SCHEMA


@pytest.fixture(scope="session")
def queue_template(server: Target) -> Iterator[str]:
    """The name of a database with the worker schema, to copy."""
    with scratch_database(server) as target:
        migrate(target, worker_migrations(), WORKER_SCHEMA)
        with connect(target) as connection:
            name = connection.info.dbname
        yield name


@pytest.fixture
def queue_database(server: Target, queue_template: str) -> Iterator[Target]:
    """A database with the worker schema and no jobs, dropped afterwards."""
    name = f"{queue_template}_{secrets.token_hex(4)}"
    with connect(server) as keeper:
        keeper.execute(
            compose("create database {name} template {of}", name=name, of=queue_template)
        )
        try:
            yield server.at_database(name)
        finally:
            keeper.execute(compose("drop database {name} with (force)", name=name))


@pytest.fixture
def queue(queue_database: Target) -> Iterator[Connection]:
    """A connection to a database with the worker schema, in autocommit mode."""
    with connect(queue_database) as opened:
        yield opened
