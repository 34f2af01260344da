"""Security labels: no server at hand has a provider, so their rows are written by hand."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.errors import UnsupportedObjectError
from kongtask.schema import read_database, render

OBJECTS = """
create schema app;
create table app.t (id int generated always as identity primary key, "A b" int);
create view app.v as select 1 as a;
create materialized view app.m as select 1 as a;
create sequence app.s;
create type app.mood as enum ('a');
create type app.pair as (x int);
create domain app.positive as int;
create function app.f(a int default 1) returns int language sql as 'select 1';
create procedure app.p() language sql as 'select 1';
create aggregate app.total(int) (sfunc = int4pl, stype = int);
create function app.stop() returns event_trigger language plpgsql as 'begin end';
create event trigger stop on sql_drop execute function app.stop();
create publication pub;
create language lang handler plpgsql_call_handler;
create index an_index on app.t ("A b");
"""

#: Catalog, object, column, and what the statement must say of it.
LABELLED = [
    ("pg_namespace", "'app'::regnamespace", 0, "SCHEMA app"),
    ("pg_class", "'app.t'::regclass", 0, "TABLE app.t"),
    ("pg_class", "'app.t'::regclass", 2, 'COLUMN app.t."A b"'),
    ("pg_class", "'app.t_id_seq'::regclass", 0, "SEQUENCE app.t_id_seq"),
    ("pg_class", "'app.v'::regclass", 0, "VIEW app.v"),
    ("pg_class", "'app.v'::regclass", 1, "COLUMN app.v.a"),
    ("pg_class", "'app.m'::regclass", 0, "MATERIALIZED VIEW app.m"),
    ("pg_class", "'app.s'::regclass", 0, "SEQUENCE app.s"),
    ("pg_type", "'app.mood'::regtype", 0, "TYPE app.mood"),
    ("pg_type", "'app.pair'::regtype", 0, "TYPE app.pair"),
    ("pg_class", "'app.pair'::regclass", 1, "COLUMN app.pair.x"),
    ("pg_type", "'app.positive'::regtype", 0, "DOMAIN app.positive"),
    ("pg_proc", "'app.f'::regproc", 0, "FUNCTION app.f(a integer)"),
    ("pg_proc", "'app.p'::regproc", 0, "PROCEDURE app.p()"),
    ("pg_proc", "'app.total(int)'::regprocedure", 0, "AGGREGATE app.total(integer)"),
    ("pg_event_trigger", "(select oid from pg_event_trigger)", 0, "EVENT TRIGGER stop"),
    ("pg_publication", "(select oid from pg_publication)", 0, "PUBLICATION pub"),
    ("pg_language", "(select max(oid) from pg_language)", 0, "LANGUAGE lang"),
]


def label(connection: Connection, catalog: str, oid: str, part: int, text: str) -> None:
    connection.execute(
        "insert into pg_seclabel (objoid, classoid, objsubid, provider, label) "
        f"values ({oid}, '{catalog}'::regclass, {part}, 'kt \"p\"', %s)",
        [text],
    )


@pytest.fixture
def labelled(connection: Connection) -> Connection:
    """A database with a label on every kind of object that can have one."""
    connection.execute(OBJECTS)
    for catalog, oid, part, on in LABELLED:
        label(connection, catalog, oid, part, f"it's {on}")
    return connection


def test_labels_are_exported_on_everything_that_can_have_one(labelled: Connection) -> None:
    database = read_database(labelled, ["app"])
    text = render(*database.schemas, database=database)
    for *_, on in LABELLED:
        quoted = f"it's {on}".replace("'", "''")
        assert f"""SECURITY LABEL FOR "kt ""p""\" ON {on} IS '{quoted}';\n""" in text
    assert text.count("SECURITY LABEL") == len(LABELLED)
    needs = {(need.kind, need.name) for need in database.schemas[0].requirements}
    assert ("security label provider", 'kt "p"') in needs


def test_the_statements_are_understood(
    labelled: Connection, new_database: Callable[[], Target]
) -> None:
    """The whole text is parsed before the first of its statements runs, which wants a provider."""
    database = read_database(labelled, ["app"])
    text = render(*database.schemas, database=database)
    with (
        connect(new_database()) as copy,
        pytest.raises(psycopg.Error, match='security label provider "kt "p"" is not loaded'),
    ):
        copy.execute(text.encode())


def test_a_label_on_anything_else_is_an_error_that_names_it(connection: Connection) -> None:
    connection.execute(OBJECTS)
    key = "(select oid from pg_constraint where conname = 't_pkey')"
    label(connection, "pg_constraint", key, 0, "x")
    with pytest.raises(UnsupportedObjectError, match=r"constraint t_pkey on table app\.t"):
        read_database(connection, ["app"])
