-- from: 14
-- same from: 16
create schema app;
-- table default <-> function on the table's row type
create table app.node (id int, name text);
create function app.next_name(n app.node) returns text language sql as 'select n.name';
create function app.count_nodes() returns bigint begin atomic select count(*) from app.node; end;
alter table app.node add column number bigint default app.count_nodes();
alter table app.node add constraint small check (app.count_nodes() < 1000);
-- check over the own row type
create function app.valid_node(n app.node) returns boolean language sql immutable as 'select n.id > 0';
alter table app.node add constraint row_ok check (app.valid_node(node));
-- index, policy, generated column, trigger with functions
create function app.twice(int) returns int language sql immutable as 'select $1 * 2';
create table app.gen (a int, b int generated always as (app.twice(a)) stored, check (app.twice(a) > 0)) partition by range (a);
create table app.gen_1 partition of app.gen for values from (1) to (10);
create index gen_ix on app.gen (app.twice(a)) where app.twice(1) = 2;
create table app.by_function (a int) partition by range (app.twice(a));
create table app.by_function_1 partition of app.by_function for values from (1) to (10);
alter table app.node enable row level security;
create policy p on app.node using (app.valid_node(node)) with check (app.count_nodes() < 5);
-- view <-> function
create view app.v as select id, name from app.node;
create function app.f_of_v(app.v) returns text language sql stable as 'select $1.name';
create function app.list_v() returns setof app.v language sql stable begin atomic select id, name from app.v; end;
create view app.w as select 1 as a, 'x'::text as b;
create function app.read_w() returns bigint stable begin atomic select count(*) from app.w; end;
create or replace view app.w as select app.read_w()::int as a, 'x'::text as b;
-- mutually recursive views
create view app.left_ as select 1 as a;
create view app.right_ as select a from app.left_;
create or replace view app.left_ as select a from app.right_;
-- three views in a ring, with collations and domains
create domain app.word as text check (value <> '');
create view app.r1 as select 'x'::app.word as w, 'y' collate "C" as c, array[1] as a, '1'::varchar(7) as vc, 1.5::numeric(4,1) as n;
create view app.r2 as select * from app.r1;
create view app.r3 as select * from app.r2;
create or replace view app.r1 as select w, c, a, vc, n from app.r3;
-- functions in a circle
create function app.ping() returns int return 1;
create function app.pong() returns int return app.ping();
create or replace function app.ping() returns int return app.pong();
-- functions in a circle that the column's constant is computed with while the table is made
create function app.is_even(n int) returns boolean immutable return true;
create function app.is_odd(n int) returns boolean immutable return n > 0 and app.is_even(n - 1);
create or replace function app.is_even(n int) returns boolean immutable
  return n = 0 or app.is_odd(n - 1);
create table app.computed (a int generated always as (case when app.is_even(2) then 1 end) stored);
-- function default over function
create function app.one() returns int return 1;
create function app.two(x int default app.one()) returns int return x;
-- materialized view and function in a circle
create function app.g() returns bigint return 1;
create materialized view app.m as select app.g() as n;
create or replace function app.g() returns bigint begin atomic select count(*) from app.m; end;
-- domain over function over domain
create domain app.outer_d as int;
create function app.ok(app.outer_d) returns boolean language sql immutable as 'select true';
alter domain app.outer_d add constraint c check (app.ok(value));
alter domain app.outer_d set default 5;
create function app.def_d() returns app.outer_d language sql as 'select 1';
alter domain app.outer_d set default app.def_d();
-- type over table over type
create type app.holder as (n app.node);
create table app.holders (h app.holder, ns app.node[]); 
-- rule that mentions another table and a function on a view
create table app.log (what text);
create rule r as on insert to app.node do also insert into app.log values (app.next_name(new));
create function app.from_view(app.r3) returns int return 1;
create view app.uses_rule as select app.twice(id) from app.node order by app.next_name(node);
-- sequence default in a function
create sequence app.zz_seq;
create function app.next_id() returns bigint return nextval('app.zz_seq');
create table app.aa (id bigint default app.next_id());
