-- schemas: app ;; other
-- with database objects
-- from: 15
-- the schema
create schema app;
create schema other;
create table app.t (a int primary key, b text, "C c" int, d text generated always as (b) stored);
create table other.u (a int);
create publication kt_some for table app.t (a, "C c") where (a > 1 and "C c" in (1, 2)), other.u where (a > 0);
create publication kt_schemas for tables in schema app, other, table other.u;
create publication kt_both for tables in schema other, table app.t where (b = 'x') with (publish = 'insert');
-- a cast whose function is made of what uses other casts
create type app.pair as (a int, b int);
create function app.to_pair(int) returns app.pair language sql immutable begin atomic select row($1, $1)::app.pair; end;
create cast (int as app.pair) with function app.to_pair(int) as assignment;
create function app.to_pair(bigint) returns app.pair language sql immutable return $1::int::app.pair;
create cast (bigint as app.pair) with function app.to_pair(bigint);
create view app.uses_casts as select 5::bigint::app.pair as a;
create domain app.paired as int check ((value::app.pair) is not null);
