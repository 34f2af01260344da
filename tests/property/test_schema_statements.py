"""The statements of a difference close it, there and back, for every kind of change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.scratch import scratch_database
from kongtask.schema import read_database, render
from kongtask.schema.diff import Scope, compare
from kongtask.schema.diff.statements import script
from kongtask.schema.model import Database
from tests.property.test_schema_mutations import MUTATIONS, START
from tests.strategies import Script as SchemaScript
from tests.strategies import schema_scripts

#: A column that is added stands last.
SCOPE = Scope(column_order=False)


@pytest.fixture(scope="module")
def connections(server: Target) -> Iterator[tuple[Connection, Connection]]:
    """Two databases: one that changes, one that follows."""
    with (
        scratch_database(server) as one,
        scratch_database(server) as other,
        connect(one) as changing,
        connect(other) as following,
    ):
        yield changing, following


def state(connection: Connection) -> Database:
    return read_database(connection, ["s"])


def load(connection: Connection, database: Database) -> None:
    connection.execute("drop schema if exists s cascade")
    connection.execute(render(*database.schemas, database=database).encode())


def follow(connection: Connection, new: Database) -> list[str]:
    """Run the statements that lead to a state; return what still differs."""
    found = script(state(connection), new, SCOPE)
    connection.execute("set check_function_bodies = off; set search_path = ''")
    for statement in found.statements:
        connection.execute(statement.encode())
    connection.execute("reset search_path; reset check_function_bodies")
    if found.unclosed:
        assert all("stays declared there" in sentence for sentence in found.unclosed)
        return []
    return [
        f"{change.action} {change.ref} {change.attributes}"
        for change in compare(state(connection), new, SCOPE).changes
    ]


def test_the_statements_of_every_single_change_lead_there_and_back(
    connections: tuple[Connection, Connection],
) -> None:
    changing, following = connections
    changing.execute(b"drop schema if exists s cascade")
    changing.execute(START)
    old, wrong = state(changing), []
    for mutation in MUTATIONS:
        changing.execute(mutation.encode())
        new = state(changing)
        load(following, old)
        for way, aim in (("there", new), ("back", old)):
            try:
                left = follow(following, aim)
            except Exception as error:
                left = [f"{type(error).__name__}: {error}"]
            if left:
                wrong.append(f"{mutation}: {way}: {left}")
                load(following, aim)
        old = new
    assert not wrong, "\n".join(wrong)


#: Owners and grants of every kind of object; each stands after those before it.
RIGHTS = """
alter schema s owner to kt_owner
grant usage on schema s to kt_reader
grant create on schema s to kt_reader with grant option
alter type s.mood owner to kt_owner
revoke usage on type s.mood from public
grant usage on type s.pair to kt_reader
alter domain s.positive owner to kt_owner
revoke usage on domain s.positive from public
alter sequence s.numbers owner to kt_owner
grant usage, select on sequence s.numbers to kt_reader
alter table s.t owner to kt_owner
grant select on s.t to kt_reader
grant select, insert on s.t to public
grant update on s.t to kt_reader with grant option
grant select (id), update (code) on s.parent to kt_reader
revoke select on s.t from public
revoke grant option for update on s.t from kt_reader
alter view s.v owner to kt_owner
grant select on s.v to kt_reader
alter materialized view s.mv owner to kt_owner
grant select on s.mv to kt_reader
alter function s.f(int) owner to kt_owner
revoke execute on function s.f(int) from public
grant execute on function s.f(int) to kt_reader
alter procedure s.p() owner to kt_owner
revoke execute on procedure s.p() from public
alter aggregate s.total(int) owner to kt_owner
grant execute on function s.total(int) to kt_reader
alter operator s.===(int, int) owner to kt_owner
alter operator family s.fam using btree owner to kt_owner
alter collation s.co owner to kt_owner
alter text search dictionary s.dict owner to kt_owner
alter text search configuration s.conf owner to kt_owner
alter statistics s.st owner to kt_owner
alter default privileges in schema s grant select on tables to kt_reader
alter default privileges in schema s grant execute on functions to kt_reader with grant option
alter default privileges in schema s revoke select on tables from kt_reader
revoke all on s.t from kt_reader
revoke usage on schema s from kt_reader
""".strip().split("\n")


@pytest.fixture
def rights(server: Target) -> Iterator[tuple[Connection, Connection]]:
    """Two databases and two roles, whose rights go with the databases."""
    roles = ("kt_owner", "kt_reader")
    with connect(server) as keeper:
        for role in roles:
            keeper.execute(f"drop role if exists {role}".encode())
            keeper.execute(f"create role {role}".encode())
        try:
            with (
                scratch_database(server) as one,
                scratch_database(server) as other,
                connect(one) as changing,
                connect(other) as following,
            ):
                yield changing, following
        finally:
            for role in roles:
                keeper.execute(f"drop role {role}".encode())


def test_the_statements_of_every_change_of_rights_lead_there_and_back(
    rights: tuple[Connection, Connection],
) -> None:
    changing, following = rights
    changing.execute(START)
    with_rights = Scope(column_order=False, owners=True, privileges=True)
    nothing, wrong = Database(schemas=()), list[str]()
    states = [nothing]
    for change in ("select 1", *RIGHTS):
        changing.execute(change.encode())
        states.append(state(changing))
        assert compare(states[-2], states[-1], with_rights), change
    now = nothing
    for new in (*states[1:], *states[-2:0:-1]):
        for statement in script(now, new, with_rights).statements:
            following.execute(statement.encode())
        now = state(following)
        left = compare(now, new, with_rights)
        wrong += [f"{x.action} {x.ref} {x.attributes}" for x in left.changes]
    assert wrong == []


#: From one state of a schema to another where more than one object is in the way.
CHANGES = {
    "a column's type below a chain of views": (
        """
        create table s.t (id int primary key, a int default 1 check (a > 0), b text);
        create index on s.t (a) where a > 5;
        create view s.one as select id, a from s.t;
        create view s.two as select a from s.one;
        create materialized view s.three as select a from s.two;
        create unique index on s.three (a);
        create rule r as on insert to s.one do instead nothing;
        create policy p on s.t using (a > 1);
        create trigger tr before update of a on s.t for each row when (new.a > 0)
          execute function s.trig();
        create function s.f() returns bigint begin atomic select sum(a) from s.one; end;
        """,
        [("a int default 1", "a bigint default 1")],
    ),
    "a column dropped below views": (
        """
        create table s.t (id int primary key, a int, b text);
        create view s.one as select id, a, b from s.t;
        create view s.two as select id, a from s.one;
        """,
        [("a int, ", ""), ("id, a, b", "id, b"), ("id, a from", "id from")],
    ),
    "an enum without a label": (
        """
        create type s.mood as enum ('sad', 'ok', 'glad');
        create table s.t (id int, m s.mood default 'ok'::s.mood not null, ms s.mood[]);
        create index on s.t (m);
        create view s.v as select m from s.t where m = 'ok'::s.mood;
        create function s.f(m s.mood) returns s.mood language sql as 'select m';
        create table s.c (check (m <> 'glad'::s.mood)) inherits (s.t);
        """,
        [("('sad', 'ok'", "('ok'")],
    ),
    "an enum with its labels in another order": (
        """
        create type s.mood as enum ('sad', 'ok', 'glad');
        create table s.t (id int, m s.mood);
        """,
        [("'sad', 'ok'", "'ok', 'sad'")],
    ),
    "enum labels added at the beginning, inside and at the end": (
        "create type s.mood as enum ('b', 'd');",
        [("'b', 'd'", "'a', 'b', 'c', 'd', 'e'")],
    ),
    "a domain of another type": (
        """
        create domain s.d as varchar(5) check (value <> '');
        create table s.t (id int, x s.d default 'a');
        create view s.v as select x from s.t;
        """,
        [("varchar(5)", "text")],
    ),
    "another result of a function that much depends on": (
        """
        create function s.f(a int) returns int immutable language sql as 'select 1';
        create table s.t (a int default s.f(1), check (s.f(a) > 0));
        create index on s.t (s.f(a));
        create view s.v as select s.f(a) as x from s.t;
        """,
        [("returns int", "returns bigint")],
    ),
    "other parameters of a function": (
        "create function s.f(a int) returns int language sql as 'select 1';",
        [("f(a int)", "f(b int, c text default '')")],
    ),
    "a primary key that others refer to": (
        """
        create table s.t (a int not null, b int not null unique, constraint k primary key (a));
        create table s.u (a int references s.t (a));
        """,
        [("primary key (a)", "primary key (a) include (b)")],
    ),
    "another name of a key that others need": (
        """
        create table s.t (a int, b text, constraint k primary key (a), up int references s.t (a));
        create table s.u (a int references s.t (a));
        comment on constraint u_a_fkey on s.u is 'one';
        create view s.v as select a, b from s.t group by a;
        create view s.w as select b from s.v;
        comment on view s.w is 'one';
        """,
        [("constraint k", "constraint other"), ("'one'", "'two'")],
    ),
    "another overload of a function behind the same words": (
        """
        create function s.f(a int) returns int immutable language sql as 'select 1';
        create table s.t (a int default s.f(1), check (s.f(a) > 0));
        create index on s.t (s.f(a));
        create view s.v as select s.f(a) as x from s.t;
        create policy p on s.t using (s.f(a) > 1);
        """,
        [("f(a int)", "f(a int, b int default 2)")],
    ),
    "a type of both ends of a foreign key": (
        """
        create table s.t (a int primary key);
        create table s.u (a int references s.t);
        """,
        [("a int", "a bigint")],
    ),
    "a generated column": (
        """
        create table s.t (a int, g int generated always as (a + 1) stored);
        create view s.v as select g from s.t;
        """,
        [("(a + 1)", "(a + 2)")],
    ),
    "a generated column that was an ordinary one": (
        "create table s.t (a int, g int /**/, z int);",
        [("/**/", "generated always as (a + 1) stored")],
    ),
    "an identity": (
        "create table s.t (a int not null /**/);",
        [("/**/", "generated always as identity (start 5 increment 5)")],
    ),
    "a table where a view was": (
        "create view s.x as select 1 as a; create view s.y as select a from s.x;",
        [("create view s.x as select 1 as a", "create table s.x (a int)")],
    ),
    "another partition key": (
        """
        create table s.p (a int not null, b int) partition by range (a);
        create table s.p1 partition of s.p for values from (1) to (5);
        create index on s.p (b);
        """,
        [("by range (a)", "by range (b)")],
    ),
    "other bounds of a partition": (
        """
        create table s.p (a int not null, b int, primary key (a)) partition by range (a);
        create table s.p1 partition of s.p for values from (1) to (5);
        create table s.p2 partition of s.p default;
        create index on s.p (b);
        """,
        [("(1) to (5)", "(1) to (9)")],
    ),
    "a column of a partitioned table": (
        """
        create table s.p (a int not null, b int /**/) partition by list (a);
        create table s.p1 partition of s.p for values in (1);
        create table s.p2 partition of s.p for values in (2) partition by list (b);
        create table s.p3 partition of s.p2 for values in (3);
        """,
        [("/**/", ", c text default 'x' not null")],
    ),
    "a column of an inherited table": (
        """
        create table s.base (a int not null, b varchar(5));
        create table s.child (z int) inherits (s.base);
        """,
        [("b varchar(5)", "b varchar(9) default 'q', c date")],
    ),
    "a column and the type it is of": (
        "create type s.e as enum ('x'); create table s.t (a int, b s.e);",
        [("create type s.e as enum ('x'); ", ""), (", b s.e", "")],
    ),
    "a sequence and the default that it gives": (
        """
        create sequence s.n; create table s.t (a int default nextval('s.n'));
        alter sequence s.n owned by s.t.a;
        """,
        [
            ("create sequence s.n; ", ""),
            (" default nextval('s.n')", ""),
            ("alter sequence s.n owned by s.t.a;", ""),
        ],
    ),
    "composite types": (
        """
        create type s.pair as (x int, y text);
        create function s.f(p s.pair) returns int language sql as 'select 1';
        create table s.t (p s.pair);
        """,
        [("x int, y text", "y text, z date")],
    ),
    "policies, triggers and rules": (
        """
        create table s.t (a int); alter table s.t enable row level security;
        create policy p on s.t for select using (a > 1);
        create trigger tr after insert on s.t for each row execute function s.trig();
        create rule r as on delete to s.t do also select 1;
        """,
        [("for select using (a > 1)", "for all with check (a > 2)"),
         ("after insert", "before delete"), ("select 1", "select 2")],
    ),
    "a reference in a circle": (
        """
        create table s.t (a int primary key, u int);
        create table s.u (a int primary key, t int references s.t);
        alter table s.t add foreign key (u) references s.u;
        """,
        [("a int primary key", "a text primary key"), ("u int", "u text"), ("t int", "t text")],
    ),
    "an operator and what is made of it": (
        """
        create function s.eq(int, int) returns bool immutable language sql as 'select $1 = $2';
        create operator s.=== (function = s.eq, leftarg = int, rightarg = int);
        create view s.v as select 1 operator(s.===) 2 as x;
        create aggregate s.total(int) (sfunc = int4pl, stype = int);
        create view s.w as select s.total(a) as x from (values (1)) as v(a);
        """,
        [("rightarg = int)", "rightarg = int, commutator = operator(s.===))"),
         ("stype = int)", "stype = int, initcond = '3')")],
    ),
    "text search": (
        """
        create text search dictionary s.d (template = simple);
        create text search configuration s.c (parser = default);
        alter text search configuration s.c add mapping for word with s.d;
        create table s.t (a text);
        create index on s.t using gin (to_tsvector('s.c'::regconfig, a));
        """,
        [("template = simple", "template = simple, accept = false")],
    ),
}  # fmt: skip

TRIGGER = "create function s.trig() returns trigger language plpgsql as 'begin return new; end';"


@pytest.mark.parametrize("name", CHANGES)
def test_the_statements_of_changes_that_pull_others_along_lead_there_and_back(
    name: str, connections: tuple[Connection, Connection]
) -> None:
    changing, following = connections
    text, replacements = CHANGES[name]
    other = text
    for old, new in replacements:
        assert old in other
        other = other.replace(old, new)
    found = []
    for sql in (text, other):
        changing.execute(f"drop schema if exists s cascade; create schema s; {TRIGGER}".encode())
        changing.execute(sql.encode())
        found.append(state(changing))
    load(following, found[0])
    assert follow(following, found[1]) == []
    assert follow(following, found[0]) == []


@given(one=schema_scripts(), other=schema_scripts())
def test_the_statements_between_any_two_schemas_lead_there_and_back(
    one: SchemaScript, other: SchemaScript, connections: tuple[Connection, Connection]
) -> None:
    changing, following = connections
    found = []
    for made in (one, other):
        changing.execute("drop schema if exists s cascade")
        changing.execute(made.sql("s").encode())
        found.append(state(changing))
    load(following, found[0])
    assert follow(following, found[1]) == []
    assert follow(following, found[0]) == []
