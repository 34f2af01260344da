"""The casts with which columns get other types are those that the servers have."""

from __future__ import annotations

from itertools import product

import psycopg

from kongtask.database.connection import Target, connect
from kongtask.schema import read_database
from kongtask.schema.diff.inventory import inventory
from kongtask.schema.diff.statements.casts import Casts

MADE = """
create schema app;
create type app.mood as enum ('sad', 'glad');
create type app.other as enum ('sad');
create type app.pair as (a int, b text);
create type app.span as range (subtype = float8);
create domain app.count as int check (value >= 0);
create domain app.more as app.count;
create domain app.tags as text[];
create domain app.document as jsonb;
create cast (app.mood as app.pair) with inout;
create cast (app.other as numeric) with inout;
"""

TYPES = (
    "smallint", "integer", "bigint", "numeric(10,2)", "real", "double precision", "boolean",
    "money", "bit(3)", "bit varying(5)", "date", "timestamp(3) without time zone",
    "timestamp with time zone", "time without time zone", "time(2) with time zone", "interval",
    "json", "jsonb", "inet", "cidr", "uuid", "xml", "tsvector", "tsquery", "text", "name", '"char"',
    "character(4)", "character varying(20)", "text[]", "integer[]", "jsonb[]", "date[]", "app.mood",
    "app.other", "app.mood[]", "app.pair", "app.span", "app.count", "app.more", "app.tags",
    "app.document",
)  # fmt: skip


def test_values_go_by_a_cast_where_there_is_one_and_as_text_elsewhere(
    each_database: Target,
) -> None:
    """Between any two types, and a cast that somebody made counts."""
    wrong = []
    with connect(each_database) as connection:
        connection.execute(MADE)
        known = inventory(read_database(connection, ["app"]))
        casts = Casts(known, known)
        for old, new in product(TYPES, TYPES):
            try:
                connection.execute(f"select v::{new} from (select null::{old} as v) x".encode())
            except psycopg.errors.CannotCoerce:
                expected = f"v::text::{new}"
            else:
                expected = f"v::{new}"
            found = casts.cast("v", old, new)
            connection.execute(f"select {found} from (select null::{old} as v) x".encode())
            # Up to 14 "char" counts as a string, and goes by text all the same.
            is_string = '"char"' in (old, new) and connection.info.server_version < 150000
            if found != expected and not is_string:
                wrong.append(f"{old} to {new} is {expected}, not {found}")
    assert not wrong, "\n".join(wrong)


def test_types_that_are_not_known_go_without_a_detour() -> None:
    """Only PostgreSQL knows what casts there are."""
    assert Casts({}, {}).cast("v", "integer", "elsewhere.thing") == "v::elsewhere.thing"
    assert Casts({}, {}).cast("v", "point", "integer") == "v::integer"
