"""Names and literals of any content mean the same to the server as to us."""

from __future__ import annotations

import secrets

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kongtask.database.connection import Connection
from kongtask.names import (
    default_relation_name,
    dollar_quote,
    quote_identifier,
    quote_literal,
)

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
names = texts.filter(lambda text: text != "").map(
    lambda text: text.encode()[:63].decode(errors="ignore") or "x"
)
quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@quick
@given(name=names)
def test_a_quoted_identifier_names_the_column_that_we_mean(
    connection: Connection, name: str
) -> None:
    row = connection.execute(f"select 1 as {quote_identifier(name)}".encode())
    assert row.description is not None
    assert row.description[0].name == name


@quick
@given(text=texts)
def test_a_quoted_literal_is_the_text(connection: Connection, text: str) -> None:
    assert connection.execute(f"select {quote_literal(text)}".encode()).fetchone() == (text,)


@quick
@given(text=st.one_of(texts, st.text("$body0123 \n", max_size=30)))
def test_a_dollar_quoted_body_is_the_text(connection: Connection, text: str) -> None:
    assert connection.execute(f"select {dollar_quote(text)}".encode()).fetchone() == (text,)


def test_every_keyword_is_quoted_where_the_server_quotes_it(connection: Connection) -> None:
    rows = connection.execute("select word from pg_get_keywords() where catcode <> 'U'").fetchall()
    assert len(rows) > 100
    bare = [word for (word,) in rows if quote_identifier(word) == word]
    assert bare == []


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    table=st.builds(lambda char, count: char * count, st.sampled_from("aé"), st.integers(1, 31)),
    column=st.integers(1, 62).map(lambda n: "b" * n),
)
def test_default_names_are_those_that_the_server_gives(
    connection: Connection, table: str, column: str
) -> None:
    schema = f"n{secrets.token_hex(4)}"
    connection.execute(
        f"create schema {schema}; create table {schema}.{quote_identifier(table)} "
        f"({column} int generated always as identity primary key, c int unique);"
        f"create index on {schema}.{quote_identifier(table)} ({column}, c)".encode()
    )
    found = {
        name
        for (name,) in connection.execute(
            "select relname from pg_class where relnamespace = %s::regnamespace", [schema]
        )
    }
    connection.execute(f"drop schema {schema} cascade".encode())
    assert found == {
        table,
        default_relation_name(table, column, "seq"),
        default_relation_name(table, None, "pkey"),
        default_relation_name(table, "c", "key"),
        default_relation_name(table, f"{column}_c", "idx"),
    }
