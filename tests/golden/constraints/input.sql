-- from: 15
create schema app;
create table app.parent (id int primary key, a int, b int, c text, constraint ab unique (a, b) include (c), unique (c), constraint c_later unique (c, id) deferrable initially deferred, unique nulls not distinct (b) with (fillfactor = 50));
create table app.child (
  id int, p int not null references app.parent, a int, b int, c text, x circle, r int4range, s tsrange,
  primary key (id, p) include (c),
  constraint fk_ab foreign key (a, b) references app.parent (a, b) match full on update cascade on delete set null deferrable initially deferred,
  constraint fk_self foreign key (a, p) references app.child (id, p) on delete set default (a),
  foreign key (c) references app.parent (c) on delete restrict not deferrable,
  check (a > 0), check (b > 0) no inherit, constraint "odd Name" check (c <> 'a''b\' and c !~ E'\n'),
  constraint no_overlap exclude using gist (x with &&) where (a > 1) deferrable,
  constraint excl2 exclude using gist (r with &&, s with -|-) with (fillfactor = 60),
  constraint excl3 exclude using btree (b with =) include (a)
);
alter table app.child add constraint late check (a < 1000) not valid;
alter table app.child add constraint late_fk foreign key (b) references app.parent (id) not valid;
comment on constraint late_fk on app.child is 'a late foreign key';
comment on constraint ab on app.parent is 'unique ab';
comment on constraint parent_pkey on app.parent is 'pkey';
comment on index app.parent_pkey is 'the index of the key';
comment on constraint no_overlap on app.child is 'none';
-- circular foreign keys
create table app.hen (id int primary key, egg int);
create table app.egg (id int primary key, hen int not null references app.hen);
alter table app.hen add foreign key (egg) references app.egg;
-- a foreign key to a unique index
create table app.by_index (a int, b int);
create unique index by_index_a on app.by_index (a);
create table app.refers (a int references app.by_index (a));
-- using an index
create table app.using_index (a int not null, b int);
create unique index custom on app.using_index (a) with (fillfactor = 33);
alter table app.using_index add constraint custom_key primary key using index custom;
create unique index other on app.using_index (b);
alter table app.using_index add unique using index other;
-- dropped columns before keys
create table app.dropped (gone int, a int, gone2 int, b int);
alter table app.dropped drop gone, drop gone2;
alter table app.dropped add primary key (b, a);
-- a renamed key
create table app.key_renamed (a int primary key);
alter index app.key_renamed_pkey rename to my_key;
-- statistics and options on an index of a constraint
create table app.opts (a int, unique (a));
alter index app.opts_a_key set (fillfactor = 42);
create table app.row_check (a int, b int, check (row_check is not null));
create table app.triggers_of_constraint (a int);
create function app.noop() returns trigger language plpgsql as 'begin return null; end';
create constraint trigger checks_late after insert or update of a on app.triggers_of_constraint deferrable initially deferred for each row when (new.a is not null) execute function app.noop();
create constraint trigger from_table after insert on app.child from app.parent not deferrable for each row execute function app.noop();
comment on trigger checks_late on app.triggers_of_constraint is 'constraint trigger';
