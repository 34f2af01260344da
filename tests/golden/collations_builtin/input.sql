-- from: 18
create schema app;
create collation app.b (provider = builtin, locale = 'C.UTF-8');
create collation app.uni (provider = builtin, locale = 'PG_UNICODE_FAST');
create table app.t (a text collate app.b, b text collate pg_catalog.pg_c_utf8, c text collate app.uni);
