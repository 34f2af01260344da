"""Laws of the export, over generated schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kongtask.database.connection import Connection, Target, compose, connect
from kongtask.database.scratch import scratch_database
from kongtask.names import quote_identifier
from kongtask.schema import decode, encode, read, render
from kongtask.schema.model import Database
from tests.conftest import Servers, server_binaries
from tests.golden.judge import disagreement, statements
from tests.strategies import Script, orders, schema_scripts

Export = Callable[[str, str], str]

PLAIN = "a_plain_schema_name"
HOSTILE = ['we"ird; drop table x --', "$$", "$body$", "ünï ☃ 漢字", "select", "back\\slash", "a.b"]


@pytest.fixture(scope="module")
def database(server: Target) -> Iterator[Target]:
    """One database for all examples: each makes its schema and drops it."""
    with scratch_database(server) as target:
        yield target


@pytest.fixture(scope="module")
def connection(database: Target) -> Iterator[Connection]:
    with connect(database) as opened:
        yield opened


@pytest.fixture(scope="module")
def export(connection: Connection) -> Export:
    """Make a schema from SQL, export it, drop it."""
    return partial(exported, connection)


@pytest.fixture(scope="module")
def everywhere(servers: Servers) -> Iterator[Mapping[int, Connection]]:
    """A database on each server, by its major version."""
    with ExitStack() as stack:
        yield {
            major: stack.enter_context(
                connect(stack.enter_context(scratch_database(servers.target(major))))
            )
            for major in server_binaries()
        }


def exported(connection: Connection, sql: str, schema: str = PLAIN) -> str:
    """Return the export of a schema that SQL makes."""
    with existing(connection, sql, schema):
        return render(read(connection, schema))


@contextmanager
def existing(connection: Connection, sql: str, schema: str) -> Iterator[None]:
    """Make a schema from SQL, and drop it in the end."""
    connection.execute(sql.encode())
    try:
        yield
    finally:
        connection.execute(compose("drop schema {name} cascade", name=schema))


@given(script=schema_scripts())
def test_an_export_loads_and_exports_the_same(script: Script, export: Export) -> None:
    """export, load, export: the same bytes."""
    first = export(script.sql(PLAIN), PLAIN)
    assert export(first, PLAIN) == first


@given(script=schema_scripts())
def test_pg_dump_says_the_same_of_a_schema_and_its_reload(
    script: Script, connection: Connection, database: Target
) -> None:
    with existing(connection, script.sql(PLAIN), PLAIN):
        text = render(read(connection, PLAIN))
        original = statements(database, [PLAIN])
    with existing(connection, text, PLAIN):
        assert not disagreement(original, statements(database, [PLAIN]))


@pytest.mark.every_server
@given(script=schema_scripts(has_views=False))
def test_every_server_exports_the_same(
    script: Script, everywhere: Mapping[int, Connection]
) -> None:
    """The same bytes, or, where PostgreSQL itself prints another text, the same canonical bytes.

    It does so of expressions with names that are keywords on some servers only.
    """
    texts = {exported(connection, script.sql(PLAIN)) for connection in everywhere.values()}
    if len(texts) > 1:
        newest = everywhere[max(everywhere)]
        texts = {exported(newest, text) for text in texts}
    assert len(texts) == 1


@given(data=st.data(), script=schema_scripts())
def test_the_order_of_creation_changes_nothing(
    data: st.DataObject, script: Script, export: Export
) -> None:
    """The same statements in another order that works make the same text."""
    first = export(script.sql(PLAIN), PLAIN)
    assert export(script.sql(PLAIN, data.draw(orders(script))), PLAIN) == first


@given(script=schema_scripts(), hostile=st.sampled_from(HOSTILE))
def test_a_hostile_schema_name_changes_nothing_but_the_name(
    script: Script, hostile: str, export: Export
) -> None:
    """The export under a hostile name is the other with the name replaced."""
    plain = export(script.sql(PLAIN), PLAIN)
    assert export(script.sql(hostile), hostile) == plain.replace(PLAIN, quote_identifier(hostile))


@given(script=schema_scripts())
def test_a_model_is_a_value(script: Script, connection: Connection) -> None:
    """Reading twice gives equal models and equal texts; so does writing one as JSON."""
    with existing(connection, script.sql(PLAIN), PLAIN):
        first, second = read(connection, PLAIN), read(connection, PLAIN)
    assert first == second
    assert hash(first) == hash(second)
    assert render(first) == render(second)
    assert decode(encode(Database(schemas=(first,)))).schemas == (second,)
