"""The lexer cuts where PostgreSQL cuts."""

from __future__ import annotations

import pytest

from kongtask.migrate.sql_text import Kind, split_statements, tokenize


def kinds(text: str) -> list[tuple[Kind, str]]:
    return [(token.kind, text[token.start : token.end]) for token in tokenize(text)]


def statements(text: str) -> list[str]:
    return [statement.text for statement in split_statements(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("'it''s; '", Kind.STRING),
        (r"'a\'", Kind.STRING),
        (r"E'a\'b'", Kind.ESCAPE_STRING),
        (r"e'a\\'", Kind.ESCAPE_STRING),
        (r"E'a''b'", Kind.ESCAPE_STRING),
        ("E'a' -- and on\n 'b\\'c'", Kind.ESCAPE_STRING),
        ("n'x'", Kind.STRING),
        ("B'01'", Kind.STRING),
        (r"U&'\0041'", Kind.UNICODE_STRING),
        (r'U&"\0041"', Kind.UNICODE_QUOTED),
        ('"a "" ; b"', Kind.QUOTED),
        ("$$ ' ; $x$ $ $$", Kind.DOLLAR_STRING),
        ("$tag$ $$ ; $tag $tag$", Kind.DOLLAR_STRING),
        ("$ä$ x $ä$", Kind.DOLLAR_STRING),
        ("a$$b", Kind.WORD),
        ("größe", Kind.WORD),
        ("$1", Kind.PARAMETER),
        ("1_000.5e-3", Kind.NUMBER),
        ("0x1F", Kind.NUMBER),
        ("-- to the end ; '", Kind.COMMENT),
        ("/* a /* nested ; */ ' */", Kind.COMMENT),
    ],
)
def test_one_token(text: str, kind: Kind) -> None:
    """Each of these is one token, closed."""
    assert [(t.kind, t.start, t.end, t.is_closed) for t in tokenize(text)] == [
        (kind, 0, len(text), True)
    ]


@pytest.mark.parametrize("text", ["'a", "E'a\\'", '"a', "$$ a $", "$a$ b $b$", "/* /* */", "U&'a"])
def test_unclosed(text: str) -> None:
    """What does not end reaches to the end of the text and says so."""
    (token,) = tokenize(text)
    assert (token.start, token.end, token.is_closed) == (0, len(text), False)


def test_comment_begins_inside_an_operator() -> None:
    """``@--`` is an operator and a comment, as in the server's scanner."""
    assert kinds("1 @--x\n2 */* c */ 3") == [
        (Kind.NUMBER, "1"),
        (Kind.SYMBOL, "@"),
        (Kind.COMMENT, "--x"),
        (Kind.NUMBER, "2"),
        (Kind.SYMBOL, "*"),
        (Kind.COMMENT, "/* c */"),
        (Kind.NUMBER, "3"),
    ]


def test_plain_strings_do_not_take_on_escapes() -> None:
    """Only a string that began with E goes on with escapes after a line break."""
    assert kinds("'a'\n'b\\' x") == [
        (Kind.STRING, "'a'"),
        (Kind.STRING, "'b\\'"),
        (Kind.WORD, "x"),
    ]


def test_range_is_not_a_number() -> None:
    """PL/pgSQL's ``1..10`` is two numbers and two dots."""
    assert [text for _, text in kinds("1..10")] == ["1", ".", ".", "10"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ;; -- nothing\n;/* ; */", []),
        ("select 1", ["select 1"]),
        ("-- a\nselect 1; -- b\nselect 2 -- c", ["select 1", "select 2"]),
        ("select ';'; select \";\"; select $$;$$", ["select ';'", 'select ";"', "select $$;$$"]),
        ("create rule r as on insert to t do also (select 1; select 2); select 3",
         ["create rule r as on insert to t do also (select 1; select 2)", "select 3"]),
    ],
)  # fmt: skip
def test_split(text: str, expected: list[str]) -> None:
    """Statements end at semicolons that stand in no quotation, comment or parenthesis."""
    assert statements(text) == expected


@pytest.mark.parametrize(
    "routine",
    [
        "create function f() returns int begin atomic select 1; select 2; end",
        "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC insert into t values (1); END",
        "create function f() begin atomic select case when a then case 1 when 1 then 2 end end;end",
        "create function f() returns int begin atomic select 1 as end; select t.case from t; end",
        "create function f(a int default (1)) returns int begin /* ; */ atomic return a; end",
        "create function begin() returns int begin atomic select begin from t; end",
    ],
)
def test_split_keeps_standard_bodies_whole(routine: str) -> None:
    """The semicolons of an SQL-standard body end nothing."""
    assert statements(f"select 0;{routine};\nselect 9") == ["select 0", routine, "select 9"]


def test_begin_atomic_counts_in_routines_only() -> None:
    """Elsewhere BEGIN and ATOMIC are names like others."""
    assert statements("select begin atomic; select 1") == ["select begin atomic", "select 1"]


def test_statement_knows_its_place_and_first_words() -> None:
    """Offsets are the file's; words end at the first token that is no word."""
    text = "-- x\n  alter TABLE t add x int; select 1"
    first, second = split_statements(text)
    assert text[first.start :].startswith("alter TABLE")
    assert first.words == ("ALTER", "TABLE", "T", "ADD", "X", "INT")
    assert second.words == ("SELECT",)
    assert text[second.tokens[-1].start] == "1"
