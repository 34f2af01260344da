-- from: 14
-- same from: 16
create access method kt_heap type table handler heap_tableam_handler;
create access method kt_gist type index handler gisthandler;
-- the schema
create schema app;
create table app.other_am (a int primary key, b point) using kt_heap;
create operator class app.kt_point for type point using kt_gist as
  operator 11 |>> (point, point), operator 15 <-> (point, point) for order by pg_catalog.float_ops,
  function 1 gist_point_consistent(internal, point, smallint, oid, internal), function 2 gist_box_union(internal, internal),
  function 3 gist_point_compress(internal), function 5 gist_box_penalty(internal, internal, internal),
  function 6 gist_box_picksplit(internal, internal), function 7 gist_box_same(box, box, internal), storage box;
create index on app.other_am using kt_gist (b app.kt_point);
create materialized view app.mv_am using kt_heap as select a from app.other_am;
-- diamond inheritance, three levels
create table app.d0 (a int, b int default 1 not null, check (a > 0));
create table app.d1 (c int) inherits (app.d0);
create table app.d2 (d int, b int default 2) inherits (app.d0);
create table app.d3 (e int, b int default 3) inherits (app.d1, app.d2);
create table app.d4 () inherits (app.d3);
alter table app.d0 add f int default 9, add check (f > 1) no inherit;
alter table app.d4 alter f drop default, alter b set default 4;
alter table only app.d0 add constraint only_here check (b > 0) no inherit;
-- row types, composite defaults, arrays of rows
create table app.row0 (x int, y text);
create table app.row1 (r app.row0 default row(1, 'a'), rs app.row0[] default array[row(1, 'b')::app.row0], check ((r).x > 0));
create view app.rowv as select (r).x as rx, (r).*, rs[1:2] as s, r is distinct from row(1, 'x')::app.row0 as e from app.row1;
-- views of all sorts
create table app.t (id int primary key, parent int, name text, js jsonb, at timestamptz, arr int[]);
create view app.search_cycle as with recursive r as (select id, parent from app.t where parent is null union all select t.id, t.parent from app.t join r on t.parent = r.id) search depth first by id set seq cycle id set looped using way select id, parent, looped from r;
create view app.col_list as select * from json_to_recordset('[{"a":1}]') as f(a int, b text collate "C");
create view app.distinct_on as select distinct on (name) id, name from app.t order by name, id desc;
create view app.frames as select sum(id) over (order by at range between '1 day'::interval preceding and current row), first_value(id) over (partition by name order by id groups between 1 preceding and unbounded following) as fv, count(*) filter (where id > 1) over () as c from app.t;
create view app.casts as select id::text || 'x' as a, cast(at as date) as d, js -> 'a' ->> 'b' as j, arr[1] as e, (array[1,2,3])[2:3] as sl, name ~~* 'x%' as il, name like 'a\%' escape '\' as esc, id in (1, 2, 3) as i, id = any (arr) as an, id between 1 and 5 as bt, name is null or name = '' as nn, coalesce(name, 'x') as co, nullif(id, 3) as nu, greatest(id, 2) as g, case when id = 1 then 'a' when id = 2 then null else 'b' end as ca, extract(year from at) as y, position('a' in name) as p, substring(name from 2 for 3) as su, trim(both 'x' from name) as tr, overlay(name placing 'a' from 1) as ov, at at time zone 'UTC' as tz, interval '1 day' * 2 as iv, exists (select 1 from app.t x where x.id = t.id) as ex, array(select id from app.t) as ar, current_date as cd, localtimestamp(2) as lt, name collate "C" as coll, -id as neg, not (id > 1) as nt, id::numeric(10,2) as nm, 'x'::varchar(3) as vc, B'101' as bits, name similar to 'a|b' as sim, normalize(name) as norm from app.t t;
create view app.joins as select t.id, u.name, v.js from app.t t left join app.t u using (id) as j full join app.t v on v.id = t.id cross join lateral (select 1 as one) o natural join (select 1 as one) p where t.id = 1 and u.name = 'a' and (t.id, t.parent) in (select id, parent from app.t) group by cube (t.id, u.name), v.js;
create view app.values_ as select v.a, v.b from (values (1, 'x'), (2, null)) v (a, b);
create view app.nested_with as with a as (with b as (select 1 as x) select x from b) select a.x, (select max(x) from a) from a;
create view app.many_unions as (select 1 as a union select 2) except all (select 3 intersect all select 4 order by 1 fetch first 1 row with ties);
create view app.insertable with (check_option = local, security_barrier) as select id, name from app.t where id > 0;
alter view app.insertable alter name set default 'view default';
create function app.v_trig() returns trigger language plpgsql as 'begin return new; end';
create trigger upd instead of update on app.insertable for each row execute function app.v_trig('a', E'b\\c');
create sequence app.of_view owned by app.insertable.id;
-- bodies with everything
create function app.dml(x int) returns setof app.t language sql begin atomic
  with gone as (delete from app.t where id = x returning *), fresh as (insert into app.t (id, name) select id + 1000, name from gone on conflict (id) do update set name = excluded.name where t.id > 3 returning id) select t.* from app.t join fresh using (id);
  update app.t set (name, parent) = (select 'x' as a, 1 as b), js['a'] = '1' where current_date > '2020-01-01' returning *;
end;
create procedure app.proc(inout a int, variadic b int[] default '{1}') language sql begin atomic select a + 1; end;
create function app.poly(anycompatible, anycompatiblearray, out anycompatible) language sql immutable as 'select $1';
create function app.ret_table(a app.row0, b app.row0[], out c app.t, out d app.row0) returns setof record language sql as 'select null::app.t, null::app.row0';
create function app.names("a b" int, "select" text default 'x', inout "C" int default 3) language sql as 'select 1';
create function app.setof_default(a timestamptz default now() - interval '1 day', b text[] default array['a', 'b'], c app.row0 default row(1, 'x')) returns setof text language sql as 'select ''a''';
-- rules
create rule r1 as on insert to app.row0 where new.x > 5 do also (insert into app.t (id) values (new.x); update app.t set name = new.y where id = new.x; delete from app.t where id = 99);
create rule r2b as on delete to app.row0 do also (notify "odd channel", 'payload'; select 1);
create rule r2 as on update to app.row0 do instead nothing;
create rule r3 as on insert to app.values_ do instead insert into app.t (id, name) values (new.a, new.b) returning id, name;
-- partitions: hash with an operator class, sub-partitions with other column orders and dropped columns
create table app.h (a int, b text, c int) partition by hash (b text_pattern_ops, a);
create table app.h0 (c int, gone int, b text, a int);
alter table app.h0 drop gone;
alter table app.h attach partition app.h0 for values with (modulus 2, remainder 0);
create table app.h1 (gone text, a int, c int, b text) partition by range (c);
alter table app.h1 drop gone;
alter table app.h attach partition app.h1 for values with (modulus 2, remainder 1);
create table app.h1_low partition of app.h1 for values from (minvalue) to (0);
create table app.h1_high (c int, b text, a int, check (c >= 0));
alter table app.h1 attach partition app.h1_high default;
create unique index on app.h (a, b, c);
create index on app.h (c) where c > 5;
alter table app.h add constraint hc check (c < 100), alter c set default 5, alter a set not null;
alter table app.h0 alter c set default 6;
create trigger ht before insert on app.h0 for each row execute function app.v_trig();
create table app.fk_part (a int, b text, c int, foreign key (a, b, c) references app.h (a, b, c) on delete cascade) partition by range (a);
create table app.fk_part_1 partition of app.fk_part for values from (1) to (2);
create table app.self (id int, pid int, primary key (id), foreign key (pid) references app.self) partition by range (id);
create table app.self_1 partition of app.self for values from (1) to (9);
-- domains in a chain
create domain app.dd1 as app.row0 check ((value).x > 0);
create domain app.dd2 as app.dd1 not null;
create domain app.dd3 as app.dd2[] check (array_length(value, 1) < 5);
create table app.dom (a app.dd3, b app.dd2 default row(1, 'x'));
-- enum in a partition bound, a check, an index, a default
create type app.color as enum ('red', 'green');
alter type app.color rename value 'green' to 'grün';
create table app.by_color (c app.color default 'red', check (c <> 'grün')) partition by list (c);
create table app.by_color_red partition of app.by_color for values in ('red');
create index on app.by_color (c) where c = 'red';
create table app.bounds (a timestamptz, b interval, c numeric, d date) partition by range (a, c, d);
create table app.bounds_1 partition of app.bounds for values from ('2024-01-01 00:00+00', -1.50, '2024-01-01') to ('2025-01-01 12:34:56.789+05', maxvalue, maxvalue);
