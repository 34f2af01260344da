-- from: 15
create schema app;
create table app.all_types (
  a bit(3), b bit varying(5), c boolean, d char, e "char", f char(4), g varchar, h varchar(3), i bytea, j real, k double precision,
  l numeric, m numeric(5), n numeric(5,2), o interval, p interval day to second(3), q interval year, r time(2), s timetz, t timestamp(0), u timestamptz,
  v date, w int[], x text[][], y json, z jsonb, aa uuid, ab xml, ac inet, ad cidr, ae macaddr, af point, ag polygon, ah tsvector, ai tsquery, aj oid, ak regclass, al name, am int4range,
  an money, ao txid_snapshot, ap pg_lsn, aq "char"[], ar int8multirange, as_ jsonpath, at_ numeric(3,-2)
);
create table app.defaults (
  a int default 1, b text default 'it''s \ a "text"' || E'\n\t', c timestamptz default now(), d timestamptz default '2024-02-03 04:05:06.789+02',
  e interval default '1 year 2 mons 3 days 04:05:06.7', f float8 default 0.1, g float4 default 1e-7, h numeric default 1.10, i bytea default '\x00ff'::bytea,
  j text[] default '{a,"b c",NULL}', k jsonb default '{"a": [1, 2]}', l boolean default (not false), m text default current_user, n date default current_date,
  o text default null, p int default null::int, q int default (1 + 2) * 3, r uuid default gen_random_uuid(), s time default '12:00', t money default 12.34::money,
  u text collate "C" default ('x' collate "POSIX"), v double precision default 'NaN', w double precision default '-Infinity', x timestamp default 'infinity',
  z text default U&'\0441\043b\043e\043d', aa varchar default 'v', ab int default -1, ac bigint default 9223372036854775807, ad char(3) default 'ab'
);
create table app.generated (a int, b int generated always as (a * 2) stored, c text, d text generated always as (lower(c)) stored not null, e tsvector generated always as (to_tsvector('english', coalesce(c, ''))) stored);
create table app.columns (
  plain_text text, main text, ext text, num numeric, stats int, opts int, compressed text compression pglz, coll text collate "C", dropped1 int, last int not null, dropped2 text
);
alter table app.columns alter main set storage main, alter ext set storage external, alter num set storage plain, alter stats set statistics 500,
  alter opts set (n_distinct = -0.5, n_distinct_inherited = 100), alter last set statistics 0;
alter table app.columns drop dropped1, drop dropped2;
alter table app.columns add added boolean not null default true;
comment on column app.columns.last is 'the last';
comment on table app.columns is 'a table';
create unlogged table app.fast (a int primary key);
create table app.options (a int, t text) with (fillfactor = 70, autovacuum_enabled = false, autovacuum_vacuum_scale_factor = 0.05, parallel_workers = 3,
  toast_tuple_target = 4000, toast.autovacuum_enabled = off, toast.autovacuum_vacuum_cost_delay = 2.5, user_catalog_table = true, log_autovacuum_min_duration = -1);
create table app.empty ();
create table app.all_dropped (a int);
alter table app.all_dropped drop a;
create table app.identity_full (a int);
alter table app.identity_full replica identity full;
create table app.identity_nothing (a int);
alter table app.identity_nothing replica identity nothing;
create table app.identity_index (a int not null, b int not null unique);
create unique index identity_ix on app.identity_index (a);
alter table app.identity_index replica identity using index identity_ix;
create table app.identity_key (a int not null, b int primary key);
alter table app.identity_key replica identity using index identity_key_pkey;
create table app.clustered_key (a int primary key);
alter table app.clustered_key cluster on clustered_key_pkey;
create table app.clustered (a int, b int);
create index clustered_b on app.clustered (b);
alter table app.clustered cluster on clustered_b;
create table app.secure (a int);
alter table app.secure enable row level security, force row level security;
create table app.forced_only (a int);
alter table app.forced_only force row level security;
create table app.renamed (a int not null, constraint old_check check (a > 0), constraint old_unique unique (a));
alter table app.renamed rename constraint old_check to new_check;
alter table app.renamed rename a to b;
alter table app.renamed rename to has_a_new_name;
create table app.row_default (a app.fast, b app.fast[]);
create table app."Order" ("User" int, "select" int, "a b" int, "Ünïcödé" int, "quo""te" int, "semi;colon" int, "back\slash" int, "new
line" int, "x'y" int, "$1" int, "1st" int);
create table app.like_table (like app.defaults including all);
