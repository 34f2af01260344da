-- same from: 16
create schema other;
create table other.base (id int not null, name text default 'base', note text);
create table other.second (name text default 'base', extra int default 3);
create table other.parted (id int, k int not null default 4, primary key (id)) partition by list (id);
create index on other.parted (k);
create type other.mood as enum ('ok');
create function other.f(int) returns int language sql immutable as 'select $1';
create function other.trig() returns trigger language plpgsql as 'begin return null; end';
create table other.referenced (id int primary key);
create sequence other.numbers;
create operator other.=== (function = int4eq, leftarg = int, rightarg = int);
create collation other.c from "C";
-- the schema
create schema app;
-- inherits from elsewhere
create table app.child (own int) inherits (other.base, other.second);
create table app.changed (own int) inherits (other.base);
alter table app.changed alter name set default 'changed', alter note set not null, alter note set default 'x';
create table app.dropped () inherits (other.base);
alter table app.dropped alter name drop default;
create table app.joined (note text, own int, name text, id int not null);
alter table app.joined inherit other.base;
-- partitions of a table elsewhere
create table app.part_1 partition of other.parted for values in (1);
create table app.part_2 (k int not null, id int not null, primary key (id));
alter table other.parted attach partition app.part_2 default;
create table app.part_3 partition of other.parted for values in (3) partition by list (id);
create table app.part_3_1 partition of app.part_3 default;
-- uses things from elsewhere
create table app.uses (m other.mood, f int default other.f(1), n int default nextval('other.numbers'), r int references other.referenced, t text collate other.c);
create index on app.uses (other.f(f));
create trigger t after insert on app.uses for each row execute function other.trig();
create view app.v as select f from app.uses where f operator(other.===) 1;
