-- same from: 16
create schema app;
create collation app.c (locale = 'C');
create collation app.posix from "POSIX";
create collation app.two (lc_collate = 'C', lc_ctype = 'POSIX');
comment on collation app.c is 'C';
create domain app.d as text collate app.posix;
create table app.t (a text collate app.c, b app.d, c app.d collate app.two);
create index on app.t (a collate app.two);
create type app.comp as (x text collate app.c);
create type app.r as range (subtype = text, collation = app.c);
create view app.v as select a collate app.two as x from app.t;
create table app.p (a text) partition by range (a collate app.c);
