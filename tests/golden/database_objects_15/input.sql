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
