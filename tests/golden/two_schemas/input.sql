-- schemas: a ;; b
-- same from: 16
create schema a;
create schema b;
create type a.mood as enum ('x');
create table b.t (m a.mood, id int primary key);
create function a.f(b.t) returns int language sql immutable as 'select 1';
create table a.t (id int references b.t, m b.t[]);
create view b.v as select a.f(t.*) as x from b.t;
create view a.v as select * from b.v;
alter table b.t add constraint c check (a.f(t) > 0);
alter table b.t add a_id int;
alter table a.t add primary key (id);
alter table b.t add foreign key (a_id) references a.t;
create table a.parent (id int, k int) partition by list (k);
create table b.child partition of a.parent for values in (1);
create index on a.parent (id);
create table a.inh (x int);
create table b.inh_child (y int) inherits (a.inh);
create sequence b.seq owned by b.t.id;
create sequence a.other;
alter table b.t alter a_id set default nextval('a.other');
create function b.trig() returns trigger language plpgsql as 'begin return null; end';
create trigger t after insert on a.t for each row execute function b.trig();
