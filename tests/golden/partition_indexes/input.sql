create schema app;
create table app.m (a int, b int, c text) partition by range (a);
create table app.m_1 partition of app.m for values from (0) to (10);
create table app.m_2 partition of app.m for values from (10) to (20) partition by list (b);
create table app.m_2_x partition of app.m_2 for values in (1);
create table app.m_2_y partition of app.m_2 for values in (2);
create index usual on app.m (b);
create unique index usual_unique on app.m (a, b) include (c);
create index expression on app.m (lower(c), (a + b) desc nulls last) where a > 3;
-- children with names of their own
create index on_m_1 on app.m_1 (c);
create index custom_names on app.m (c);
create index hand_made on only app.m (a, c);
create index hand_1 on app.m_1 (a, c);
alter index app.hand_made attach partition app.hand_1;
-- hand_made stays incomplete (and so is invalid)
-- an equal index on a partition that stays alone
create index aa_alone on app.m_1 (b);
create index aa_alone_2 on app.m_2_x (b);
-- a key on a partition under a plain unique index
create table app.k (id int not null, a int) partition by range (id);
create table app.k_1 (id int primary key, a int);
alter table app.k attach partition app.k_1 for values from (0) to (10);
create table app.k_2 partition of app.k for values from (10) to (20);
create unique index k_id on app.k (id);
-- comments, statistics, options, cluster and replica identity on children
create index commented on app.m (b, a);
comment on index app.commented is 'on the parent';
comment on index app.m_1_b_a_idx is 'on the child';
create index with_options on app.m (a) with (fillfactor = 66);
alter index app.m_1_a_idx set (fillfactor = 77);
create index stats on app.m ((a * 2));
alter index app.m_2_x_expr_idx alter column 1 set statistics 99;
alter table app.m_1 cluster on m_1_b_idx;
alter table app.m_1 alter a set not null, alter b set not null;
alter table app.m_1 replica identity using index m_1_a_b_c_idx;
-- constraint only on the parent: incomplete
create table app.inc (id int not null, b int) partition by list (id);
create table app.inc_1 partition of app.inc for values in (1);
create table app.inc_2 partition of app.inc for values in (2);
alter table only app.inc add constraint inc_key primary key (id);
alter table app.inc_1 add constraint inc_1_key primary key (id);
alter index app.inc_key attach partition app.inc_1_key;
-- key on a subpartitioned table with custom names deep below
create table app.deep (a int not null, b int not null) partition by list (a);
create table app.deep_1 (a int not null, b int not null, constraint mid_key primary key (a, b)) partition by list (b);
create table app.deep_1_1 (b int not null, a int not null, constraint low_key primary key (a, b));
alter table app.deep_1 attach partition app.deep_1_1 for values in (1);
alter table app.deep attach partition app.deep_1 for values in (1);
alter table app.deep add primary key (a, b);
create table app.renamed (a int, b int, twice int) partition by list (a);
create index on app.renamed (b);
create index on app.renamed (twice, (lower(b::text)), (twice + 1)) include (twice);
alter table app.renamed rename b to c;
create table app.renamed_1 partition of app.renamed for values in (1);
create unique index on app.renamed (a, c);
create table app.renamed_2 partition of app.renamed for values in (2) partition by range (c);
create table app.renamed_2_1 partition of app.renamed_2 for values from (1) to (9);
alter index app.renamed_2_1_a_c_idx rename to odd;
create table app.keyed (a int, b int, constraint "Key" primary key (a, b)) partition by list (a);
create table app.keyed_1 (a int not null, b int not null, constraint other primary key (a, b));
alter table app.keyed attach partition app.keyed_1 for values in (1);
create unique index backwards on app.keyed (b, a);
alter index app.keyed_1_b_a_idx rename to own;
alter table app.keyed replica identity using index backwards;
create table app.refers (
  a int, b int, constraint to_renamed foreign key (a, b) references app.renamed (a, c),
  constraint to_keyed foreign key (a, b) references app.keyed
);
create table app.two (id int not null, b int) partition by list (id);
create table app.two_1 partition of app.two for values in (1);
alter table only app.two add constraint two_key unique (id, b);
alter table app.two_1 add constraint two_1_own unique (id, b);
create unique index two_1_twin on app.two_1 (id, b);
alter index app.two_key attach partition app.two_1_own;
create table app.refers_two (id int, b int, constraint to_two foreign key (id, b) references app.two (id, b));
