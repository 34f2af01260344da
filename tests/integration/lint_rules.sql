-- Cases for the rules about schemas: what breaks a rule, with the objects that are found, and what
-- looks like that and is none. Each case is run by itself, after what stands before the first one.
-- A ~ is taken out: with it, no scanner of repositories takes the made-up tokens for real ones.

create schema app;
create table app.one (id bigint primary key, code text unique, at timestamptz);

-- breaks no-primary-key: table app.t
create table app.t (a int unique not null);

-- breaks no-primary-key: table app.p
create table app.p (a int) partition by list (a);
create table app.p1 partition of app.p for values in (1);

-- breaks no-primary-key: table app.c
create table app.c () inherits (app.one);

-- breaks unindexed-foreign-key: constraint fk on app.t
create table app.t (id bigint primary key, one_id bigint constraint fk references app.one);

-- breaks unindexed-foreign-key: constraint fk on app.t
create table app.t (a bigint constraint fk references app.one, b int);
create index on app.t (b, a);
create index on app.t ((a + 1));
create index on app.t (a) where b > 1;
create index on app.t using brin (a);

-- breaks unindexed-foreign-key: constraint fk on app."T x"
create table app."T x" ("a REFERENCES b(c" bigint constraint fk references app.one);

-- breaks unindexed-foreign-key: constraint fk on app.p
create table app.p (a bigint constraint fk references app.one) partition by list (a);
create table app.p1 partition of app.p for values in (1);

-- breaks foreign-key-type: constraint fk on app.t | constraint fk2 on app.t
create table app.t (a int constraint fk references app.one,
  c varchar(9) constraint fk2 references app.one (code));

-- breaks narrow-key: column app.r.id | column app.s.id | column app.t.id
create table app.t (id int generated always as identity primary key);
create table app.s (id serial primary key);
create table app.r (id smallserial primary key);

-- breaks narrow-key: column app.s.id | column app.t.id
create table app.s (id serial primary key);
alter table app.s alter id type bigint;
create table app.t (id bigint generated always as identity primary key);
alter sequence app.t_id_seq as integer;

-- breaks duplicate-index: index app.j
create index i on app.one (at);
create index j on app.one (at);

-- breaks duplicate-index: index app.i
create index i on app.one (code);

-- breaks duplicate-index: index app.i
create unique index i on app.one (code);

-- breaks duplicate-index: index app.i
create index i on app.one (at) include (id);
create index j on app.one (at) include (id, code);

-- breaks duplicate-index: index app.j
create index i on app.one (at desc) where id > 5;
create index j on app.one (at desc) with (fillfactor = 70) where id > 5;

-- breaks redundant-index: index app.i
create index i on app.one (at);
create index j on app.one (at, code);

-- breaks redundant-index: index app.i
create index i on app.one (at) where id > 1;
create index j on app.one (at, code, id) where id > 1;

-- breaks invalid-index: index app.i
create index i on app.one (at);
update pg_index set indisvalid = false where indexrelid = 'app.i'::regclass;

-- breaks unvalidated-constraint: column app.p.a
create table app.p (a int) partition by list (a);
alter table app.p add constraint n not null a not valid;
create table app.p1 partition of app.p for values in (1);

-- breaks unvalidated-constraint: constraint c on app.one | constraint e on app.d
alter table app.one add constraint c check (id > 0) not valid;
create domain app.d as int;
alter domain app.d add constraint e check (value > 0) not valid;

-- breaks disabled-trigger: rule r on app.one | trigger t on app.one
create function app.f() returns trigger language plpgsql as 'begin return new; end';
create trigger t before insert on app.one for each row execute function app.f();
alter table app.one disable trigger t;
create rule r as on delete to app.one do instead nothing;
alter table app.one disable rule r;

-- breaks timestamp-without-time-zone: column app.t.a | column app.t.b | column app.t.c
create table app.t (a timestamp, b timestamp(3), c timestamp[], d time);

-- breaks rls-without-policy: table app.one
alter table app.one enable row level security;

-- breaks policy-without-rls: table app.one
create policy p on app.one;

-- breaks definer-without-search-path: function app.f() | procedure app.p()
create function app.f() returns int language sql security definer as 'select 1';
create procedure app.p() language plpgsql security definer set work_mem = '1MB' as 'begin end';

-- breaks view-bypasses-rls: view app.v | view app.w
alter table app.one enable row level security;
create view app.v as select * from app.one;
create view app.w with (security_invoker = off) as select * from app.one;

-- breaks secret-in-default: column app.t.a | column app.t.api_key | column app.t.b | schema app | table app.t
create table app.t (
  a text default 'postgres://u:hunter22@db/x',
  api_key text default 'abcdefgh',
  b text default E'-----BEGIN RSA PRIV~ATE KEY-----\nMII'
);
comment on table app.t is 'host=db user=u password=hunter22';
comment on schema app is 'AK~IA1234567890ABCDEF';

-- breaks secret-in-default: constraint c on app.one | function app.f() | index app.i | view app.v
create function app.f() returns text language sql set app.jwt_secret = 'hunter22' as
  $$select 'gh~p_0123456789abcdefghijklmnopqrstuvwxyz'$$;
create view app.v as select 'xo~xb-123456789012-abcdef' as x;
create index i on app.one (code) where code <> 'sk~_live_0123456789abcdef';
alter table app.one add constraint c check (code <> 'gl~pat-0123456789abcdefghij');

-- keeps no-primary-key
create foreign data wrapper w;
create server s foreign data wrapper w;
create foreign table app.f (a int) server s;

-- keeps no-primary-key
create table app.p (a int primary key) partition by list (a);
create table app.p1 partition of app.p for values in (1);

-- keeps unindexed-foreign-key
create table app.t (id bigint primary key references app.one);

-- keeps unindexed-foreign-key
create table app.two (a bigint, b text, primary key (a, b));
create table app.t (x int, a bigint, b text, foreign key (a, b) references app.two);
create index on app.t (b desc, a, x);

-- keeps unindexed-foreign-key
create table app.t (a bigint references app.one);
create index on app.t (a) where a is not null;

-- keeps unindexed-foreign-key
create table app.t (a bigint references app.one);
create index on app.t using hash (a);

-- keeps unindexed-foreign-key
create table app.t ("A ""b" text references app.one (code));
create index on app.t ("A ""b" text_pattern_ops, "A ""b");

-- keeps unindexed-foreign-key
create table app.p (a bigint references app.one) partition by list (a);
create table app.p1 partition of app.p for values in (1);
create index on app.p (a);

-- keeps unindexed-foreign-key
create table app.t (a bigint references app.one not enforced);

-- keeps foreign-key-type
create domain app.d as bigint;
create table app.t (a app.d references app.one, b bigint references app.one);

-- keeps foreign-key-type
create table app.two (a varchar(9) primary key, b numeric(9, 2) unique);
create table app.t (a varchar(5) references app.two, b numeric references app.two (b));

-- keeps narrow-key
create table app.t (id int primary key, n serial);
create table app.s (id bigserial primary key);

-- keeps duplicate-index
create index i on app.one (at);
create index j on app.one (at desc);
create index k on app.one using hash (at);
create index l on app.one (at) where id > 1;
create index m on app.one (at) where id > 2;
create unique index n on app.one (at);
drop index app.i;

-- keeps duplicate-index
create index i on app.one (lower(code));
create index j on app.one (upper(code));
create index k on app.one (code collate "C");

-- keeps redundant-index
create unique index i on app.one (at);
create index j on app.one (at, code);
create index k on app.one (code, at);

-- keeps redundant-index
create index i on app.one (at) include (code);
create index j on app.one (at, id);

-- keeps invalid-index
create table app.p (a int) partition by list (a);
create index i on only app.p (a);

-- keeps unvalidated-constraint
alter table app.one add constraint c check (id > 0) not valid;
alter table app.one validate constraint c;
alter table app.one add constraint d check (id > 0) not enforced;

-- keeps disabled-trigger
create rule r as on delete to app.one do instead nothing;
alter table app.one enable replica rule r;

-- keeps timestamp-without-time-zone
create table app.t (a timestamptz, b date, c time);

-- keeps rls-without-policy
alter table app.one enable row level security;
create policy p on app.one using (true);

-- keeps policy-without-rls
alter table app.one enable row level security;
create policy p on app.one using (true);

-- keeps definer-without-search-path
create function app.f() returns int language sql security definer
  set search_path = app, pg_temp as 'select 1';
create function app.g() returns int language sql security definer return 1;
create function app.h() returns int language sql as 'select 1';

-- keeps view-bypasses-rls
alter table app.one enable row level security;
create view app.v with (security_invoker = on) as select * from app.one;
create view app.w as select 1 as a;

-- keeps secret-in-default
create table app.t (
  a text default 'postgres://user:pass@host/db',
  password text default '',
  api_token text default 'none',
  token_type text default 'bearer',
  secret text default md5('a'),
  b text default 'postgres://host/db',
  password_hash text default 'argon2id'
);
comment on table app.t is 'Connect with postgres://user:<password>@host/db, or host=x password=$PGPASSWORD.';
