"""A schema name changes nothing but the name, or is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kongtask.errors import UsageError
from kongtask.migrate.placeholders import substitute
from kongtask.migrate.sql_text import Kind, split_statements, tokenize
from kongtask.names import quote_identifier

BOTH = frozenset({"SCHEMA", "GRAPHILE_WORKER_SCHEMA"})

#: Characters that mean something to the lexer come up far more often than by chance.
nasty = st.text(st.sampled_from("\"'$\\;-/*:%()abUeE&_ \n\t\r1é") | st.characters(), max_size=12)
names = nasty.filter(lambda n: n and "\0" not in n)

pieces = st.sampled_from(
    [
        ":SCHEMA", ":GRAPHILE_WORKER_SCHEMA", "::", ":::SCHEMA.t", "::SCHEMA", "select ", "'", "''",
        '"', "$$", "$a$", "$body$", "-- ", "\n", "/* ", " */", "E'", "\\", "U&'", 'U&"', ";", " ",
        "(", ")", "x", "$", "1", " language plpython3u ", "do ", "b", "%",
    ]
)  # fmt: skip
texts = st.lists(pieces, max_size=25).map("".join)


def shape(text: str) -> list[tuple[Kind, bool]]:
    return [
        (Kind.WORD if token.kind is Kind.QUOTED else token.kind, token.is_closed)
        for token in tokenize(text)
    ]


@settings(max_examples=600, deadline=None)
@given(text=texts, name=names)
def test_structure_never_changes(text: str, name: str) -> None:
    """The result has the tokens and statements that a harmless name gives, whatever the text."""
    harmless = substitute(text, "plain_name", placeholders=BOTH).text
    try:
        result = substitute(text, name, placeholders=BOTH)
    except UsageError:
        return
    assert shape(result.text) == shape(harmless)
    assert len(split_statements(result.text)) == len(split_statements(harmless))


@settings(max_examples=300, deadline=None)
@given(text=texts)
def test_offsets_lead_back(text: str) -> None:
    """Every character of the result outside the names is the file's character at its origin."""
    result = substitute(text, "plain_name", placeholders=BOTH)
    for offset, char in enumerate(result.text):
        inside = any(s <= offset < e for s, e in zip(result.starts, result.ends, strict=True))
        origin = result.origin(offset)
        assert (text[origin] == ":") if inside else (text[origin] == char)


@settings(max_examples=300, deadline=None)
@given(name=names)
def test_any_name_works_as_a_bare_identifier(name: str) -> None:
    """Where the placeholder stands as an identifier should, no name is refused."""
    text = "create table :SCHEMA.t (a int); select 1::int, null:::GRAPHILE_WORKER_SCHEMA.job_spec"
    quoted = quote_identifier(name)
    assert substitute(text, name, placeholders=BOTH).text == (
        f"create table {quoted}.t (a int); select 1::int, null::{quoted}.job_spec"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":SCHEMA.t", "app.t"),
        ("x::SCHEMA", "x::SCHEMA"),
        ("x:::SCHEMA.t", "x::app.t"),
        ("x::::SCHEMA", "x::::SCHEMA"),
        ("x::: SCHEMA", "x::: SCHEMA"),
        ("a[1:SCHEMA]", "a[1:SCHEMA]".replace(":SCHEMA", "app")),
        (":SCHEMAS :SCHEMA_X :SCHEMAé :SCHEMA1", ":SCHEMAS :SCHEMA_X :SCHEMAé :SCHEMA1"),
        (":schema", ":schema"),
        ("':SCHEMA.t'::regclass", "'app.t'::regclass"),
        ("$$:SCHEMA$$", "$$app$$"),
        (":SCHEMA:SCHEMA", "appapp"),
        (":GRAPHILE_WORKER_SCHEMA.:SCHEMA", "app.app"),
    ],
)
def test_what_is_replaced(text: str, expected: str) -> None:
    """Whole words after an odd number of colons, in any context."""
    assert substitute(text, "app", placeholders=BOTH).text == expected


def test_short_placeholder_belongs_to_users_sets() -> None:
    """In the worker's own files ``:SCHEMA`` is nothing special."""
    only = frozenset({"GRAPHILE_WORKER_SCHEMA"})
    assert substitute(":SCHEMA.t", "app", placeholders=only).text == ":SCHEMA.t"


def test_other_schemas_have_placeholders_of_their_own() -> None:
    """Each stands for its own name, and each name is looked at."""
    text = "select ':SCHEMA.f'; select ':GRAPHILE_WORKER_SCHEMA.f'"
    only, others = frozenset({"SCHEMA"}), {"GRAPHILE_WORKER_SCHEMA": "jobs"}
    assert substitute(text, "app", placeholders=only, others=others).text == (
        "select 'app.f'; select 'jobs.f'"
    )
    for name in ("o'clock", "100%"):
        with pytest.raises(UsageError, match="cannot be used in the migration"):
            substitute(text, "app", placeholders=only, others={"GRAPHILE_WORKER_SCHEMA": name})


FUNCTION = "create function :SCHEMA.f() returns int language {} as {} select :SCHEMA.x {}"


@pytest.mark.parametrize(
    ("text", "name", "works"),
    [
        ("select :SCHEMA.t", 'we"ird; drop', True),
        ("do $$ begin perform :SCHEMA.f(); end $$", 'we"ird; drop', True),
        ("do $$ begin perform ':SCHEMA.t'::regclass; end $$", 'we"ird; drop', True),
        (FUNCTION.format("sql", "$body$", "$body$"), "a$$b", True),
        (FUNCTION.format("sql", "$$", "$$"), "a$$b", False),
        (FUNCTION.format("sql", "$$", "$$"), "a$$; drop table x; select $$b", False),
        (FUNCTION.format("sql", "$body$", "$body$"), "a$body$b", False),
        (FUNCTION.format("plpython3u", "$$", "$$"), "Upper", False),
        (FUNCTION.format("'plpgsql'", "$$", "$$"), "Upper", True),
        (FUNCTION.format("sql", "'", "'"), "o'clock", False),
        (FUNCTION.format("sql", "'", "'"), "Upper", True),
        ("select ':SCHEMA'", "x'; drop table y; --", False),
        ("select E':SCHEMA'", "back\\slash", False),
        ("select E':SCHEMA'", "Upper", False),
        ("select E':SCHEMA'", "plain", True),
        ("select ':SCHEMA %'", "100%", False),
        ("execute format('select :SCHEMA.%I')", "a%Ib", False),
        ('select ":SCHEMA"', "Upper", False),
        ('select ":SCHEMA"', "plain", True),
        ("-- :SCHEMA\nselect 1", "a\nb", False),
        ("-- :SCHEMA\nselect 1", 'a"b', True),
        ("/* :SCHEMA */ select 1", "a*/b", False),
        ("select 1 /* :SCHEMA */", "a/*b", False),
        ("select :SCHEMA'x\\' '", "e", False),
        ("select :SCHEMA'x'", "b", False),
        ("select :SCHEMA.x, U&:SCHEMA", "Upper", False),
    ],
)
def test_hostile_names(text: str, name: str, works: bool) -> None:
    """A name works, or is refused with a sentence; it never becomes more than a name."""
    if works:
        assert quote_identifier(name) in substitute(text, name, placeholders=BOTH).text
        return
    with pytest.raises(UsageError, match="cannot be used in the migration"):
        substitute(text, name, placeholders=BOTH)


#: Statements with every way to hide a semicolon, each complete in itself.
complete = st.sampled_from(
    [
        "select 1", "select ';'", "select ''';'", r"select E'\';'", "select $$;$$",
        "select $a$ $$;$$ $a$", 'select ";"', "select /* ; /* ; */ */ 1", "select -- ;\n1",
        "select (';')", "create rule r as on insert to t do (select 1; select 2)",
        "create function f() returns int begin atomic select case when 1=1 then 2 end; end",
        "create or replace function f() returns int language sql as $$ select 1; $$",
        'select U&";", 1', "select U&'\\003b;'", "select a$b$c, 'x'", "select 1 -- it's",
        "select 'a'\n';'",
    ]
)  # fmt: skip
gaps = st.sampled_from(["", " ", "\n", "-- ;'\n", "/* ;' */", ";", " ; "])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(complete, gaps, gaps), max_size=8))
def test_splitting_undoes_joining(parts: list[tuple[str, str, str]]) -> None:
    """Statements joined with semicolons, comments and space come apart as they were."""
    text = "".join(f"{before}{statement}\n{after};" for statement, before, after in parts)
    found = [statement.text for statement in split_statements(text)]
    assert found == [statement.removesuffix(" -- it's") for statement, _, _ in parts]
