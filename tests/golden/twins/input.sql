-- Keys on the same columns: CREATE TABLE would take two for one.
create schema app;
create table app.twins (id int primary key, a int not null, b int not null, c int);
alter table app.twins add unique (id);
alter table app.twins add constraint first_of_three unique (a, b) include (c);
alter table app.twins add constraint second_of_three unique (a, b) include (c);
alter table app.twins add constraint third_of_three unique (a, b) include (c) deferrable;
alter table app.twins add constraint other_order unique (b, a);
comment on constraint second_of_three on app.twins is 'made by another migration';
create table app.child (id int references app.twins (id), a int, b int, foreign key (a, b) references app.twins (b, a));
create table app.ranges (r int4range);
alter table app.ranges add constraint one exclude using gist (r with &&);
alter table app.ranges add constraint other exclude using gist (r with &&);
create index same_1 on app.child (a);
create index same_2 on app.child (a);
