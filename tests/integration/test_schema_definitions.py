"""Definitions that kongtask prints itself: which, and that PostgreSQL prints the same."""

from __future__ import annotations

import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.schema import read
from kongtask.schema.catalog import session
from kongtask.schema.model import Schema
from tests.printing import printed_by_postgresql

TABLES = """
create schema app;
create domain app.code as text;
create type app.mood as enum ('sad', 'glad');
create table app.one (
  id int primary key, code varchar(9) unique, "Na""me" text, day date unique deferrable, way text[],
  mood app.mood, label app.code, fit text collate "C", "order" int, note name,
  unique (id, day), unique ("order") deferrable initially deferred
);
create function app.f() returns trigger language plpgsql as 'begin return new; end';
create function app."F 2"() returns trigger language plpgsql as 'begin return null; end';
"""

#: What kongtask prints itself.
PLAIN = {
    "index": """
create index i1 on app.one (day, "Na""me" desc, code nulls first, "order" desc nulls last);
create unique index i2 on app.one (fit) include ("order", label);
create index i3 on app.one using hash (code);
create index i4 on app.one (note);
""",
    "constraint": """
create table app.two (
  a int references app.one, b int, c date, "D" varchar(9),
  constraint f1 foreign key (b, c) references app.one (id, day) match full
    on update cascade on delete set null deferrable initially deferred,
  constraint f2 foreign key ("D") references app.one (code) on update set default
    on delete restrict deferrable,
  constraint u1 unique ("D", b)
);
alter table app.two add constraint f3 foreign key (b) references app.one on delete cascade
  not valid;
""",
    "trigger": """
create trigger t1 before insert or update or delete on app.one for each row
  execute function app.f();
create trigger "T""2" after truncate on app.one execute function app."F 2"();
create view app.v as select * from app.one;
create trigger t3 instead of insert on app.v for each row execute function app.f();
""",
}

#: What PostgreSQL prints.
UNUSUAL = {
    "index_definitions": """
create index u1 on app.one (lower("Na""me"));
create index u2 on app.one using gin (way);
create index u3 on app.one (day) with (fillfactor = 70);
create index u4 on app.one using brin (day);
create index u5 on app.one (code text_pattern_ops);
create index u6 on app.one (fit collate "POSIX");
create index u7 on app.one (code collate "C");
create index u8 on app.one (mood);
create index u9 on app.one (label);
create index u10 on app.one (way);
create index u11 on app.one (code bpchar_ops);
create index u12 on app.one (day) where case when id > 1 then day is null else false end;
create unique index u13 on app.one (fit) include ("order", label) where day > '2020-02-02';
create index u14 on app.one (note) where id in (1, 2) and "order" is not null;
""",
    "constraints": """
create table app.two (
  a int check (a > 1), b int, unique (a) include (b),
  exclude using btree (b with =), constraint f foreign key (a) references other.elsewhere
);
""",
    "triggers": """
create trigger u1 before update of day, id on app.one for each row execute function app.f();
create trigger u2 before update on app.one for each row when (old.* is distinct from new.*)
  execute function app.f();
create trigger u3 after insert on app.one referencing new table as fresh
  execute function app.f('a', 'b');
create constraint trigger u4 after insert on app.one for each row execute function app.f();
create trigger u5 before update on app.one for each row
  execute function suppress_redundant_updates_trigger();
""",
}


@pytest.mark.parametrize("kind", PLAIN)
def test_what_only_names_things_is_printed_as_postgresql_prints_it(
    each_database: Target, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Constraints, indexes and triggers: the same text, and PostgreSQL is not asked for it."""
    with connect(each_database) as connection:
        connection.execute(TABLES.encode() + PLAIN[kind].encode())
        assert by_postgresql(connection) == read(connection, "app")
        assert asked(connection, monkeypatch) == []


@pytest.mark.parametrize("query", UNUSUAL)
def test_what_says_more_is_printed_by_postgresql(
    each_database: Target, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the objects comes with a definition, in the query that is meant to bring it."""
    text = UNUSUAL[query]
    with connect(each_database) as connection:
        connection.execute("create schema other; create table other.elsewhere (id int primary key)")
        connection.execute(TABLES.encode() + text.encode())
        assert by_postgresql(connection) == read(connection, "app")
        found = asked(connection, monkeypatch)
    assert {name for name, _ in found} == {query}
    assert len(found) == (4 if query == "constraints" else text.count(";"))


#: Keys of partitions that kongtask prints itself, and others.
PARTITION_KEYS = (
    'range (day, "Na""me")',
    "list (fit)",
    "hash (code, id)",
    "list (mood)",
    'list (fit collate "POSIX")',
    "range (code text_pattern_ops)",
    "range ((id + 1), day)",
    "range (way)",
)


def test_keys_of_partitions_are_printed_as_postgresql_prints_them(each_database: Target) -> None:
    """Where columns were dropped before them, too."""
    with connect(each_database) as connection:
        connection.execute(TABLES.encode())
        for number, key in enumerate(PARTITION_KEYS):
            connection.execute(
                f"create table app.p{number} (gone int, like app.one) partition by {key}; "
                f"alter table app.p{number} drop column gone".encode()
            )
        assert by_postgresql(connection) == read(connection, "app")


def test_a_key_of_partitions_is_quoted_alike_on_every_server(each_database: Target) -> None:
    """The name is a keyword from 16 on, and PostgreSQL quotes it there only."""
    with connect(each_database) as connection:
        connection.execute(
            "create schema app; "
            "create table app.t (json_object int) partition by list (json_object)"
        )
        (table,) = read(connection, "app").tables
    assert table.partition_key == 'LIST ("json_object")'


#: Tables of two tenants, and of a third whose columns have other names, types or collations.
TENANTS = """
create schema app;
create table app.a (id int, name text, code varchar(9), fit text collate "C", active bool);
create table app.b (id int, name text, code varchar(9), fit text collate "C", active bool);
create table app.c (id int, name varchar, title text collate "C", fit text, active bool);
"""

#: Indexes that somebody makes on each of those tables.
OF_TENANTS = (
    "(lower(name))",
    "(id) where active",
    "(id desc) where active",
    "(id) where not active",
    "(fit) where active",
    "(code text_pattern_ops)",
    "using gin (to_tsvector('english', name)) with (fastupdate = off)",
    "using gin (to_tsvector('english', name))",
    "using brin (id)",
    "(id) include (active) where active",
    "(id, active) where active",
)


def test_of_indexes_that_are_alike_postgresql_prints_one(
    each_database: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether two of a table are alike or of two tables, and only where every word is the same."""
    with connect(each_database) as connection:
        connection.execute(TENANTS.encode())
        for table in "abc":
            for index in OF_TENANTS:
                if table != "c" or "code" not in index:
                    connection.execute(f"create index on app.{table} {index}".encode())
        connection.execute("create unique index on app.a (lower(name))")
        connection.execute("create table app.bare (); create index on app.bare ((1))")
        assert by_postgresql(connection) == read(connection, "app")
        texts = [text for _, text in asked(connection, monkeypatch)]
    brin = [text for text in texts if text.startswith("USING brin")]
    assert len(brin) == 3, "its operator classes have parameters that a row does not tell"
    assert len(texts) - len(brin) == 10 + 9 + 1, "two tables together, and each other"


def test_postgresqls_own_operator_classes_of_some_methods_have_no_parameters(
    each_server: Target,
) -> None:
    """A row of pg_index would not show them, and indexes that differ there would pass for alike."""
    with connect(each_server) as connection:
        found = connection.execute(
            """
            select p.amproc from pg_amproc p
            join pg_opfamily f on f.oid = p.amprocfamily
            join pg_am a on a.oid = f.opfmethod
            where p.oid < 16384
              and (a.amname, p.amprocnum) in (('btree', 5), ('hash', 3), ('gin', 7))
            """
        ).fetchall()
        others = connection.execute(
            """
            select from pg_amproc p
            join pg_opfamily f on f.oid = p.amprocfamily
            join pg_am a on a.oid = f.opfmethod
            where p.oid < 16384 and (a.amname, p.amprocnum) = ('gist', 10)
            """
        ).fetchall()
    assert found == []
    assert others, "where there are some, they are found"


def test_an_operator_class_that_somebody_made_the_default_is_told_from_postgresqls_own(
    connection: Connection,
) -> None:
    connection.execute(
        TABLES + "create operator class app.codes default for type varchar using btree as "
        "operator 1 ~<~(text, text), operator 2 ~<=~(text, text), operator 3 =(text, text), "
        "operator 4 ~>=~(text, text), operator 5 ~>~(text, text), "
        "function 1 (varchar, varchar) bttext_pattern_cmp(text, text); "
        "create index i1 on app.one (code); create index i2 on app.one (code text_ops)"
    )
    found = {index.name: index.definition for index in read(connection, "app").tables[0].indexes}
    assert found == {"i1": "USING btree (code)", "i2": "USING btree (code text_ops)"}


def by_postgresql(connection: Connection) -> Schema:
    with printed_by_postgresql():
        return read(connection, "app")


def asked(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Return the definitions that PostgreSQL prints, with the queries that bring them."""
    found: list[tuple[str, str]] = []
    ask = session.Snapshot.rows

    def noted(self: session.Snapshot, query: str, **values: object) -> list[object]:
        rows = ask(self, query, **values)
        if query in UNUSUAL:
            found.extend((query, text) for row in rows if (text := row.definition))
        return rows

    with monkeypatch.context() as patched:
        patched.setattr(session.Snapshot, "rows", noted)
        read(connection, "app")
    return found
