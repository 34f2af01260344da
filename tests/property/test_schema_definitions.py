"""What kongtask prints of definitions itself is what PostgreSQL prints, for generated schemas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given

from kongtask.database.connection import Connection, Target, compose, connect
from kongtask.database.scratch import scratch_database
from kongtask.schema import read
from tests.printing import printed_by_postgresql
from tests.strategies import Script, schema_scripts


@pytest.fixture(scope="module")
def connection(server: Target) -> Iterator[Connection]:
    """One database for all examples: each makes its schema and drops it."""
    with scratch_database(server) as target, connect(target) as opened:
        yield opened


@given(script=schema_scripts())
def test_definitions_are_as_postgresql_prints_them(script: Script, connection: Connection) -> None:
    """The model is the same where PostgreSQL prints every definition."""
    connection.execute(script.sql("app").encode())
    try:
        with printed_by_postgresql():
            printed = read(connection, "app")
        assert read(connection, "app") == printed
    finally:
        connection.execute(compose("drop schema {name} cascade", name="app"))
