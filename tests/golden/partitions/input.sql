create schema app;
create table app.events (id bigint not null, at timestamptz not null default now(), kind text default 'x', payload jsonb, primary key (id, at)) partition by range (at);
create table app.events_2024 partition of app.events for values from ('2024-01-01+00') to ('2025-01-01+00');
create table app.events_2025 partition of app.events for values from ('2025-01-01+00') to ('2026-01-01+00') partition by list (id);
create table app.events_2025_a partition of app.events_2025 for values in (1, 2);
create table app.events_2025_rest partition of app.events_2025 default with (fillfactor = 50);
create table app.events_default partition of app.events default;
comment on table app.events_2024 is 'last year';
comment on column app.events_2024.kind is 'kind here';
create index on app.events (kind);
create index events_payload on app.events using gin (payload);
create table app.hashed (a int, b text collate "C") partition by hash (a, b collate "POSIX" text_pattern_ops);
create table app.hashed_0 partition of app.hashed for values with (modulus 2, remainder 0);
create table app.hashed_1 partition of app.hashed for values with (modulus 2, remainder 1);
create table app.expr (a int, b date, c text) partition by range (date_trunc('month', b::timestamp), (a + 1), lower(c) collate "C");
create table app.expr_1 partition of app.expr for values from (minvalue, minvalue, minvalue) to ('2020-01-01', 5, maxvalue);
-- own defaults, constraints, order of columns, column settings
create table app.base (a int not null, b text default 'base', c int default 5, d numeric, g int generated always as (a * 2) stored, check (a > 0), constraint named check (c < 100)) partition by list (a);
create table app.base_1 partition of app.base (b default 'one', c default null, d not null, constraint own check (d > 1)) for values in (1);
create table app.base_2 (c int default 7, gone int, a int not null, g int generated always as (a * 2) stored, d numeric default 2, b text, constraint named check (c < 100), constraint base_a_check check (a > 0));
alter table app.base_2 drop gone;
alter table app.base attach partition app.base_2 for values in (2);
create table app.base_3 partition of app.base for values in (3);
alter table app.base_3 alter b drop default, alter c set default 6, alter d set storage external, alter a set statistics 10, alter b set (n_distinct = 5);
create table app.base_4 partition of app.base for values in (4) partition by range (c);
create table app.base_4_1 partition of app.base_4 (b default 'four') for values from (1) to (10);
create table app.base_4_2 partition of app.base_4 for values from (10) to (maxvalue);
-- foreign keys from and to
create table app.target (id int primary key, k int, unique (k, id)) partition by range (id);
create table app.target_1 partition of app.target for values from (0) to (10);
create table app.target_2 partition of app.target for values from (10) to (20);
alter table app.base add constraint to_target foreign key (c) references app.target (id);
create table app.plain (id int references app.target, b int);
alter table app.base_1 add constraint own_fk foreign key (a) references app.target (id);
-- clones with names of their own
create table app.named (id int not null, b int, constraint named_key primary key (id), constraint named_ub unique (id, b)) partition by range (id);
create table app.named_1 (id int not null, b int, constraint my_own_key primary key (id), unique (id, b));
alter table app.named attach partition app.named_1 for values from (0) to (10);
create table app.named_2 partition of app.named for values from (10) to (20);
alter table app.named_2 rename constraint named_2_pkey to renamed_key;
create table app.named_3 partition of app.named for values from (20) to (30);
comment on constraint named_3_pkey on app.named_3 is 'a clone with a comment';
alter table app.named_3 replica identity using index named_3_pkey;
alter table app.named_3 cluster on named_3_id_b_key;
-- detached and attached again
create table app.moved partition of app.named for values from (30) to (40);
alter table app.named detach partition app.moved;
-- unlogged partition, toast options, row security
create unlogged table app.named_4 partition of app.named for values from (40) to (50) with (fillfactor = 20, toast.autovacuum_enabled = false);
alter table app.named_4 enable row level security;
create policy p on app.named_4 using (id > 1);
-- not valid parts
alter table app.base add constraint late check (d < 1000) not valid;
-- triggers
create function app.noop() returns trigger language plpgsql as 'begin return null; end';
create trigger after_row after insert on app.named for each row execute function app.noop();
create trigger per_statement after insert on app.named for each statement execute function app.noop();
alter table app.named_2 disable trigger after_row;
alter table app.named_3 enable always trigger after_row;
create trigger own_trigger before update on app.named_2 for each row execute function app.noop();
create table app.partitioned_without (a int) partition by list (a);
-- identity on a partitioned table
create table app.ident (id bigint generated always as identity, a int) partition by list (a);
create table app.ident_1 partition of app.ident for values in (1);
create table app.ident_2 (a int, id bigint not null);
alter table app.ident attach partition app.ident_2 for values in (2);
-- a bool and a collation in bounds
create table app.flags (f boolean, t text collate "C") partition by list (f);
create table app.flags_t partition of app.flags for values in (true);
create table app.flags_f partition of app.flags for values in (false);
create table app.texts (t text collate "C") partition by range (t);
create table app.texts_1 partition of app.texts for values from ('a') to ('m');
