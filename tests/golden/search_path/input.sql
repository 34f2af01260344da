-- from: 14
create schema other;
set search_path = other;
create function other.base(text) returns text language sql immutable as 'select lower($1)';
create function other.bare_fn(text) returns text language sql immutable as 'select base($1)';
create function other.outer_fn(text) returns text language sql immutable as 'select other.base($1)';
-- the schema
create schema app;
set search_path = app, other;
create function app.inner_fn(text) returns text language sql immutable as 'select lower($1)';
create function app.unqualified(text) returns text language sql immutable as 'select app.inner_fn($1)';
create function app.with_path(text) returns text language sql immutable set search_path = app as 'select inner_fn($1)';
create function app.parsed(text) returns text immutable return app.inner_fn($1);
create function app.native(text) returns text language internal immutable strict as 'lower';
create function app.span(int, int) returns int4range language sql immutable as 'select int4range($1, $2)';
create table app.t (a text, b int, c int, constraint apart exclude using gist (app.span(b, c) with &&));
create index by_sql on app.t (app.unqualified(a)); create index by_other on app.t (other.outer_fn(a)) where app.unqualified(a) is not null;
create index by_path on app.t (app.with_path(a)); create index by_body on app.t (app.parsed(a)); create index by_native on app.t (app.native(a));
create table app.made (a text, b text generated always as (other.bare_fn(a)) stored);
create table app.keyed (a text) partition by list (other.bare_fn(a));
create table app.unkeyed (a text, b text generated always as (app.native(a)) stored);
