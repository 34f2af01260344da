"""The server is the judge of where statements begin and end."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kongtask.database.connection import Connection
from kongtask.migrate.sql_text import split_statements

characters = st.sampled_from("'\"$;\\-/*()abEeUx1& \n\té") | st.characters(
    exclude_characters="\0", exclude_categories=["Cs"]
)
contents = st.text(characters, max_size=12)
spaces = st.sampled_from(["", " ", "\n", "-- ;'\"$$\n", "/* ;' /* $$ */ ; */", "\t"])


@st.composite
def escape_strings(draw: st.DrawFn) -> str:
    escaped = (
        draw(contents).replace("\\", "\\\\").replace("'", draw(st.sampled_from(["\\'", "''"])))
    )
    continued = draw(st.sampled_from(["", "\n'\\';'", " -- it's\n  'x\\\\'", "\t\n\n''"]))
    return draw(st.sampled_from("eE")) + f"'{escaped}'{continued}"


@st.composite
def dollar_strings(draw: st.DrawFn) -> str:
    tag = draw(st.sampled_from(["$$", "$a$", "$a1$", "$_é$"]))
    content = draw(contents)
    # `$x` before the tag's dollar would be read as the tag's beginning elsewhere.
    return f"{tag}{content}{tag}" if tag not in content + tag[:-1] else f"{tag}{tag}"


literals = st.one_of(
    contents.map(lambda text: "'" + text.replace("'", "''") + "'"),
    contents.map(lambda text: "U&'" + text.replace("\\", "").replace("'", "''") + "'"),
    escape_strings(),
    dollar_strings(),
    st.sampled_from(["1", "1.5e3", "0.5", "b'01'", "X'1f'", "(select ';')", "array[1, 2]", "- -1"]),
)


@st.composite
def selects(draw: st.DrawFn) -> str:
    alias = draw(contents.filter(bool)).replace('"', '""')
    return (
        f"select{draw(spaces)} {draw(literals)}{draw(spaces)} as {draw(spaces)}"
        f'"{alias}"{draw(spaces)},{draw(literals)} as a$b$c'
    )


routines = st.sampled_from(
    [
        "create or replace function pg_temp.f() returns int language sql as $$ select 1; $$",
        "do $a$ begin perform ';', $$;$$; end $a$",
        "create rule r as on insert to k do also (delete from k; delete from k)",
        "drop rule if exists r on k",
        """create or replace function pg_temp.g() returns int begin atomic
        select case when true then 1 end; select case 1 when 1 then 2 end as end; end""",
        "create or replace procedure pg_temp.p(a int default (1)) begin atomic; end",
    ]
)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    parts=st.lists(
        st.tuples(selects() | routines, spaces, st.sampled_from([";", "; ;", ";-- ;\n"])),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_the_server_counts_as_many_statements(
    connection: Connection, parts: list[tuple[str, str, str]]
) -> None:
    """A text sent whole gives as many results as we find statements, and each runs by itself."""
    text = "".join(f"{statement}{space}\n{end}" for statement, space, end in parts)
    connection.execute("create temp table if not exists k (a int)")
    connection.execute("drop rule if exists r on k")
    try:
        cursor = connection.execute(text.encode())
    except psycopg.Error as error:
        if error.sqlstate in {"42710", "54000", "22P05", "42622"}:
            return  # the rule is there already, or a name that is none; nothing about splitting
        raise
    results = 1
    while cursor.nextset():
        results += 1
    statements = split_statements(text)
    assert len(statements) == results == len(parts)
    for statement in statements:
        try:
            connection.execute(statement.text.encode())
        except psycopg.errors.DuplicateObject:
            assert statement.words[:2] == ("CREATE", "RULE")


@pytest.mark.parametrize(
    "text",
    [
        "select 'a' 'b'",
        "select 'a'/* no continuation */\n'b'",
        "select E'a'/* c */\n'b\\'",
        "select 1 as x$; select 2",
        "select 1 where 1 =-- \n1",
        "select 'a' !~~*/* */ 'x'",
        "select $1$$a;b$$",
        "select 1$$;$$",
        "select 'a';;; select",
        "select U&'\\0041' uescape '!'; select 1",
        "select 1 end; select 2",
    ],
)
def test_odd_texts(connection: Connection, text: str) -> None:
    """What the server accepts, it counts as we do; what it refuses has an odd syntax or type."""
    statements = split_statements(text)
    try:
        cursor = connection.execute(text.encode())
    except psycopg.ProgrammingError:
        return
    results = 1
    while cursor.nextset():
        results += 1
    assert len(statements) == results
