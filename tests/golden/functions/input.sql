-- from: 14
create schema app;
create table app.t (id int primary key, a int, b text);
create type app.pair as (x int, y text);
create function app.plain() returns void language sql as '';
create function app.args(a int, b text default 'x''y', variadic c text[] default '{}') returns text language sql immutable strict parallel safe as $$select b$$;
create function app.outs(inout a int, out b text, in c int default 3) language sql stable as $$select 1, 'x'$$;
create function app.tab(integer) returns table (x int, "Y z" text) language sql rows 5 cost 20 as $$select 1, 'x'$$;
create function app.sets(p app.pair, ts app.t[]) returns setof app.t language sql stable rows 77 as $$select * from app.t$$;
create function app.poly(anyelement, anyarray) returns anyelement language sql as $$select $1$$;
create function app.overload(int) returns int language sql as 'select 1';
create function app.overload(text) returns int language sql as 'select 2';
create function app.overload(int, text) returns int language sql as 'select 3';
create function app.secure(x text) returns text language plpgsql security definer leakproof set search_path = app, "$user", public, '' set work_mem = '64MB' set "my.setting" = 'it''s' set datestyle = 'ISO, DMY' set timezone to 'Europe/Berlin' as $f$ begin return $$ $$ || x; end $f$;
create function app.empty_path() returns int language sql set search_path = '' as 'select 1';
create function app.bodies() returns text language plpgsql as $f$
declare
  a text := $$inner$$; b text := $body$inner2$body$; c text := E'\\.\n';
begin
  -- a comment with ' and " and ; and \
  execute 'select ' || $q$ 1 $q$;
  return a || $1;
/*
\.
*/
end $f$;
create function app.crlf() returns int language sql as E'select\r\n  1\r\n';
create function app.tabs() returns int language sql as E'\tselect\t1 -- \u00e9\U0001F600 \x7f\n';
create function app.dollar_end() returns text language sql as 'select ''x$''::text -- $';
create procedure app.proc(a int, inout b text default 'z') language plpgsql as 'begin commit; end';
create procedure app.proc_out(out a int) language sql as 'select 1';
create procedure app.proc_def(a int) language sql security definer set role = none as 'select 1';
create function app.win() returns bigint language internal window immutable as 'window_row_number';
create function app.c_like(double precision) returns double precision language internal immutable strict as 'dsqrt';
create function app.cost1() returns int language internal cost 5 as 'now';
create function app.trig() returns trigger language plpgsql as 'begin return new; end';
create function app.event_trig() returns event_trigger language plpgsql as 'begin end';
-- SQL-standard bodies
create function app.std_return(a int, b int default 2) returns int return a + b;
create function app.std_atomic(x int) returns setof app.t language sql begin atomic select * from app.t where t.id = x; end;
create procedure app.std_proc(x int) begin atomic insert into app.t values (x, 1, 'a;b') on conflict do nothing; delete from app.t where id = app.std_return(1); end;
create function app.std_empty() returns void begin atomic end;
-- aggregates
create aggregate app.my_sum(int) (sfunc = int4pl, stype = int, initcond = '0', parallel = safe, combinefunc = int4pl);
create aggregate app.my_avg(numeric) (sfunc = numeric_avg_accum, stype = internal, sspace = 128, finalfunc = numeric_avg, combinefunc = numeric_avg_combine, serialfunc = numeric_avg_serialize, deserialfunc = numeric_avg_deserialize,
  msfunc = numeric_avg_accum, minvfunc = numeric_accum_inv, mstype = internal, msspace = 128, mfinalfunc = numeric_avg);
create function app.smaller(text, text) returns text language sql immutable as 'select least($1, $2)';
create aggregate app.my_min(text) (sfunc = app.smaller, stype = text, sortop = <);
create aggregate app.star(*) (sfunc = int8inc, stype = int8, initcond = '0');
create aggregate app.pct(float8 order by anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra, finalfunc_modify = read_write);
create aggregate app.hypo(variadic "any" order by variadic "any") (sfunc = ordered_set_transition_multi, stype = internal, finalfunc = rank_final, finalfunc_extra, hypothetical);
create function app.acc3(int, int, int) returns int language sql immutable as 'select $1 + $2 * $3';
create aggregate app.named_args(first int, "Second" int) (sfunc = app.acc3, stype = int, initcond = '1');
create aggregate app.arrays(anycompatiblearray) (sfunc = array_cat, stype = anycompatiblearray, initcond = '{}', finalfunc_modify = shareable);
comment on function app.args(int, text, text[]) is 'args';
comment on procedure app.proc(int, text) is 'proc';
comment on aggregate app.star(*) is 'star';
comment on aggregate app.pct(float8 order by anyelement) is 'ordered set';
comment on aggregate app.named_args(int, int) is 'named';
-- triggers
create trigger z_last after insert on app.t for each row execute function app.trig();
create trigger a_first before insert or update of a, b on app.t for each row when (pg_trigger_depth() = 0) execute function app.trig('arg', 'it''s', E'new\nline\\');
create trigger whens before update on app.t for each row when (old.a is distinct from new.a and old.* is distinct from new.*) execute function app.trig();
create trigger trans after update on app.t referencing old table as old_rows new table as "New Rows" for each statement execute function app.trig();
create trigger trunc before truncate on app.t execute function app.trig();
alter table app.t disable trigger z_last;
alter table app.t enable replica trigger trans;
alter table app.t enable always trigger trunc;
comment on trigger a_first on app.t is 'first';
create trigger "odd ""name""" after delete on app.t execute function app.trig();
create function app.long_names() returns int language sql set local_preload_libraries to "Mixed/Case", 'c:/''a"/path', '', '0123456789012345678901234567890123456789012345678901234567890123456789' as 'select 1';
create function app.keyword("json" text, inout "json_array" int default 3, variadic "Rest" int[] default '{}') language sql as 'select 1';
create function app.keywords("json" text) returns table ("json_value" int, "plain" text) language sql as 'select 1, $1';
create procedure app.keyword("json_scalar" text) language sql as 'select 1';
