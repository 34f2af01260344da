-- the schema
set check_function_bodies = off;
create schema app;
create table app.notes (id int, title text, rank int);
create function app.small(text) returns text language sql immutable as 'select pg_catalog.lower($1)';
create text search dictionary app.plain (template = pg_catalog.simple);
create text search configuration app.words (copy = pg_catalog.simple);
create function app.terms(text) returns tsvector language sql immutable as
  'select pg_catalog.to_tsvector(''app.words'', app."Small Too"($1) operator(app.<+>) app.small($1))';
create function app."Small Too"(text) returns text language sql immutable as 'select app.small($1)';
create function app.joined(text, text) returns text language sql immutable as 'select app.small($1 || $2)';
create operator app.<+> (function = app.joined, leftarg = text, rightarg = text);
create index by_terms on app.notes using gin (app.terms(title));
create function app.least_rank() returns int language plpgsql immutable as 'begin return app.offset_of(1); end';
create function app.offset_of(int) returns int language sql immutable as 'select $1 + 1';
create index ranked on app.notes (id) where rank > app.least_rank();
create function app.twice(int) returns int language sql immutable as 'select app.offset_of($1)';
create table app.made (a int, b int generated always as (app.twice(a)) stored, d int);
create function app.of_row(app.made) returns int language sql immutable as 'select $1.d';
create function app.loop(int) returns int language sql immutable as
  'select case when $1 > 0 then app.of_row((1, 1, 1)::app.made) end';
create index looped on app.made (app.loop(d));
