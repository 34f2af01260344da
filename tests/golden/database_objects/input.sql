-- with database objects
-- with privileges
do $$ declare r text; begin foreach r in array array['kt_owner', 'kt_reader', 'kt Writer"x'] loop begin execute format('create role %I', r); exception when duplicate_object then null; end; end loop; end $$;
alter role kt_owner superuser;
-- the schema
create schema app;
-- languages, with handlers in the schema
create function app.handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
create function app.inline(internal) returns void language c as '$libdir/plpgsql', 'plpgsql_inline_handler';
create function app.validator(oid) returns void language c as '$libdir/plpgsql', 'plpgsql_validator';
create trusted language kt_trusted handler app.handler inline app.inline validator app.validator;
create language "kt Bare" handler plpgsql_call_handler;
comment on language kt_trusted is 'it''s trusted';
alter language kt_trusted owner to kt_owner;
grant usage on language kt_trusted to kt_reader with grant option;
revoke usage on language kt_trusted from public;
create function app.in_it(a int) returns int language kt_trusted as 'begin return a; end';
create function app.in_bare() returns int language "kt Bare" as 'begin return 1; end';
-- access methods
create access method kt_heap type table handler heap_tableam_handler;
create access method "kt Btree" type index handler bthandler;
comment on access method kt_heap is 'like heap';
create table app.own_storage (a int) using kt_heap;
create operator class app.own_class for type int using "kt Btree" as operator 3 =, function 1 btint4cmp(int, int);
-- foreign data
create function app.fdw_validator(text[], oid) returns void language internal as 'postgresql_fdw_validator';
create foreign data wrapper kt_bare;
create foreign data wrapper "kt Wrapper" validator app.fdw_validator;
comment on foreign data wrapper kt_bare is 'bare';
alter foreign data wrapper kt_bare owner to kt_owner;
alter foreign data wrapper kt_bare options (add "Odd key" 'x\y', add password_required 'false');
grant usage on foreign data wrapper kt_bare to kt_reader;
create server kt_server type 'it''s' version '1.0' foreign data wrapper kt_bare options (host 'far away', "Port" '1');
create server "kt Server" foreign data wrapper "kt Wrapper" options (host 'it''s', "dbname" 'a"b');
comment on server kt_server is 'far';
alter server kt_server owner to kt_owner;
grant usage on foreign server kt_server to kt_reader with grant option;
grant usage on foreign server kt_server to public;
create user mapping for public server kt_server;
create user mapping for kt_reader server kt_server options (username 'bob', "Sslmode" 'it''s');
create user mapping for "kt Writer""x" server "kt Server";
create foreign table app.ft (a int) server kt_server;
-- casts
create type app.color as enum ('red', 'green');
create type app.pair as (a int, b int);
create type app.span as range (subtype = int);
create type app.like_int4;
create function app.like_int4_in(cstring) returns app.like_int4 language internal immutable strict as 'int4in';
create function app.like_int4_out(app.like_int4) returns cstring language internal immutable strict as 'int4out';
create type app.like_int4 (input = app.like_int4_in, output = app.like_int4_out, like = int4);
create domain app.positive as int;
create table app.rows_of (a int, b text);
create function app.to_int(app.color) returns int language sql immutable as 'select length($1::text)';
create function app.to_pair(int) returns app.pair language sql immutable as 'select row($1, $1)::app.pair';
create function app.to_text(app.rows_of, int, bool) returns text language sql as 'select $1.b';
create cast (app.color as int) with function app.to_int(app.color) as implicit;
create cast (int as app.pair) with function app.to_pair(int) as assignment;
create cast (app.rows_of as text) with function app.to_text(app.rows_of, int, bool);
create cast (text as app.color) with inout as assignment;
create cast (app.pair as char(3)) with inout;
create cast (point as text) with inout;
create cast (app.like_int4 as int4) without function;
comment on cast (app.color as int) is 'by length';
create view app.uses_casts as select 'red'::app.color + 1 as a, 5::app.pair as b, 'green'::text::app.color as c;
create table app.uses_casts_too (a int default 'red'::app.color, b app.pair default 7::app.pair, check (a::app.pair is not null));
-- transforms
create transform for app.pair language sql (from sql with function prsd_lextype(internal));
create function app.color_of(internal) returns app.color language c stable as '$libdir/plpgsql', 'plpgsql_inline_handler';
create transform for app.color language "kt Bare" (from sql with function prsd_lextype(internal), to sql with function app.color_of(internal));
comment on transform for app.pair language sql is 'a pair';
create function app.transformed(app.pair) returns int language sql transform for type app.pair as 'select 1';
-- publications
create table app.published (a int primary key, b text, "C c" int);
create table app.parted (a int) partition by range (a);
create table app.part partition of app.parted for values from (1) to (2);
create publication kt_all for all tables;
create publication kt_none;
create publication "kt Some" for table app.published, only app.parted with (publish = 'insert, truncate', publish_via_partition_root);
create publication kt_nothing for table app.part with (publish = '');
comment on publication kt_all is 'all';
alter publication kt_none owner to kt_owner;
-- event triggers
create function app.on_event() returns event_trigger language plpgsql as 'begin raise exception ''no''; end';
create event trigger kt_start on ddl_command_start when tag in ('DROP TABLE', 'CREATE TABLE') execute function app.on_event();
alter event trigger kt_start disable;
create event trigger kt_replica on ddl_command_end execute function app.on_event();
alter event trigger kt_replica enable replica;
create event trigger "kt Drop" on sql_drop when tag in ('DROP FUNCTION') execute function app.on_event();
alter event trigger "kt Drop" enable always;
create event trigger kt_rewrite on table_rewrite execute function app.on_event();
comment on event trigger kt_start is 'start';
alter event trigger kt_start owner to kt_owner;
-- default privileges of the whole database
alter default privileges for role kt_owner grant select on tables to kt_reader;
alter default privileges for role kt_owner revoke execute on functions from public;
alter default privileges for role kt_owner grant usage on schemas to public;
alter default privileges for role kt_reader revoke all on sequences from kt_reader;
alter default privileges for role kt_owner in schema app grant insert on tables to kt_reader;
