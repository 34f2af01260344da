"""Nothing is silent that no schema owns: whatever one statement changes, the export shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.schema import read_database, render

ROLES = ("kt_db_owner", "kt_db_reader")

START = """
create schema s;
create type s.mood as enum ('a', 'b');
create table s.t (a int primary key, b text);
create table s.u (a int primary key, b int generated always as (a) stored);
create function s.handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
create function s.inline(internal) returns void language c as '$libdir/plpgsql', 'plpgsql_inline_handler';
create function s.validator(oid) returns void language c as '$libdir/plpgsql', 'plpgsql_validator';
create function s.fdw_validator(text[], oid) returns void language internal as 'postgresql_fdw_validator';
create function s.to_int(s.mood) returns int language sql as 'select 1';
create function s.event() returns event_trigger language plpgsql as 'begin end';
create function s.other_event() returns event_trigger language plpgsql as 'begin end';
create language lang handler s.handler;
create access method heap_too type table handler heap_tableam_handler;
create foreign data wrapper fdw;
create server srv foreign data wrapper fdw;
create user mapping for kt_db_reader server srv;
create cast (s.mood as int) with function s.to_int(s.mood);
create transform for s.mood language sql (from sql with function prsd_lextype(internal));
create publication pub for table s.t;
create event trigger ev on ddl_command_end execute function s.event();
"""

#: Each must change the export, as it stands after those before it.
MUTATIONS = """
comment on language lang is 'c'
alter language lang owner to kt_db_owner
create or replace trusted language lang handler s.handler
grant usage on language lang to kt_db_reader
create or replace trusted language lang handler s.handler inline s.inline
create or replace trusted language lang handler s.handler inline s.inline validator s.validator
alter language lang rename to lang_too
comment on access method heap_too is 'c'
create access method btree_too type index handler bthandler
drop access method btree_too
comment on foreign data wrapper fdw is 'c'
alter foreign data wrapper fdw owner to kt_db_owner
alter foreign data wrapper fdw owner to postgres
grant usage on foreign data wrapper fdw to kt_db_reader
alter foreign data wrapper fdw options (add a 'b')
alter foreign data wrapper fdw options (set a 'c')
create foreign data wrapper with_validator validator s.fdw_validator
alter foreign data wrapper with_validator no validator
comment on server srv is 'c'
alter server srv owner to kt_db_owner
grant usage on foreign server srv to kt_db_reader with grant option
alter server srv version '2'
alter server srv options (add host 'far')
alter server srv rename to srv_too
create server typed type 'oracle' foreign data wrapper fdw
alter user mapping for kt_db_reader server srv_too options (add name 'bob')
create user mapping for public server srv_too
comment on cast (s.mood as int) is 'c'
drop cast (s.mood as int)
create cast (s.mood as int) with function s.to_int(s.mood) as assignment
drop cast (s.mood as int); create cast (s.mood as int) with function s.to_int(s.mood) as implicit
drop cast (s.mood as int); create cast (s.mood as int) with inout as implicit
comment on transform for s.mood language sql is 'c'
drop transform for s.mood language sql
comment on publication pub is 'c'
alter publication pub owner to kt_db_owner
alter publication pub add table s.u
alter publication pub set table s.t (a), s.u
alter publication pub set table s.t (a) where (a > 1), s.u
alter publication pub set table s.t (a) where (a > 2), s.u
alter publication pub set (publish = 'insert')
alter publication pub set (publish_via_partition_root)
alter publication pub set (publish_generated_columns = stored)
alter publication pub set tables in schema s
alter publication pub rename to pub_too
create publication everything for all tables
comment on event trigger ev is 'c'
alter event trigger ev owner to kt_db_owner
alter event trigger ev disable
alter event trigger ev enable always
alter event trigger ev rename to ev_too
drop event trigger ev_too; create event trigger ev_too on sql_drop execute function s.event()
drop event trigger ev_too; create event trigger ev_too on sql_drop when tag in ('DROP TABLE') execute function s.event()
drop event trigger ev_too; create event trigger ev_too on sql_drop when tag in ('DROP TABLE') execute function s.other_event()
alter default privileges for role kt_db_owner grant select on tables to kt_db_reader
alter default privileges for role kt_db_owner grant select on tables to kt_db_reader with grant option
alter default privileges for role kt_db_owner revoke all on functions from public
""".strip().splitlines()


@pytest.fixture
def roles(connection: Connection) -> Iterator[None]:
    """Two roles, as long as the database of the connection is there."""
    for role in ROLES:
        connection.execute(f"drop role if exists {role}".encode())
        connection.execute(f"create role {role} superuser".encode())
    yield
    for (name,) in connection.execute("select evtname from pg_event_trigger").fetchall():
        connection.execute(f"drop event trigger {name}".encode())
    for role in ROLES:
        connection.execute(f"drop owned by {role} cascade".encode())
        connection.execute(f"drop role {role}".encode())


@pytest.mark.usefixtures("roles")
def test_every_statement_that_changes_the_database_changes_its_export(
    connection: Connection, new_database: Callable[[], Target]
) -> None:
    """One attribute of one object after the other; at the end everything loads elsewhere."""
    connection.execute(START.encode())
    before, unseen = text_of(connection), []
    for statement in MUTATIONS:
        connection.execute(statement.encode())
        after = text_of(connection)
        if after == before:
            unseen.append(statement)
        before = after
    assert unseen == []

    with connect(new_database()) as copy:
        copy.execute(before.encode())
        assert text_of(copy) == before


def text_of(connection: Connection) -> str:
    database = read_database(connection, ["s"])
    return render(*database.schemas, database=database, owners=True, privileges=True)
