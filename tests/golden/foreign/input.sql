-- same from: 16
create foreign data wrapper kt_fdw;
create server kt_server foreign data wrapper kt_fdw;
create server "kt Server" foreign data wrapper kt_fdw;
create transform for int language sql (
  from sql with function prsd_lextype(internal), to sql with function int4recv(internal)
);
-- the schema
create schema app;
create foreign table app.ft (a int options (column_name 'A''a', "Odd" 'x') not null, b text collate "C" default 'x', c int generated always as (a * 2) stored, constraint positive check (a > 0)) server kt_server options (table_name 'far', "schema name" 'it''s');
create foreign table app.bare () server "kt Server";
create table app.parent (a int, b text) partition by list (a);
create foreign table app.part partition of app.parent for values in (1) server kt_server options (x 'y');
create table app.p (x int default 3);
create foreign table app.child (y int) inherits (app.p) server kt_server;
comment on foreign table app.ft is 'far';
comment on column app.ft.a is 'a';
alter foreign table app.ft alter b set statistics 33, alter a set (n_distinct = 3), alter b set storage external;
create function app.trig() returns trigger language plpgsql as 'begin return new; end';
create trigger tr before insert on app.ft for each row execute function app.trig();
alter foreign table app.ft disable trigger tr;
create view app.v as select * from app.ft;
create function app.transformed(int, text) returns int language sql transform for type int as 'select $1';
