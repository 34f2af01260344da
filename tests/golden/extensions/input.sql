-- schemas: app ;; Odd
-- with extensions
-- needs: extension hstore
-- the schema
create schema app;
create schema "Odd";
create schema far;
create extension hstore schema far;
create extension citext schema "Odd";
create extension earthdistance schema app cascade;
create extension tablefunc schema app;
comment on extension citext is 'mine';
create table app.t (a far.hstore, b "Odd".citext, c app.earth);
create index on app.t using gin (a);
