-- from: 17
drop access method if exists kt_rows cascade;
create access method kt_rows type table handler heap_tableam_handler;
-- the schema
create schema app;
create table app.parted (a int, b int) partition by list (a) using kt_rows;
create table app.parted_1 partition of app.parted for values in (1);
create table app.parted_2 partition of app.parted for values in (2) using heap;
create table app.parted_3 partition of app.parted for values in (3) partition by list (b);
create table app.parted_3_1 partition of app.parted_3 for values in (1);
create table app.parted_4 partition of app.parted for values in (4) partition by list (b) using heap;
create table app.parted_4_1 partition of app.parted_4 for values in (1);
create table app.parted_5 partition of app.parted for values in (5) partition by list (b);
alter table app.parted_5 set access method default;
create table app.parted_5_1 partition of app.parted_5 for values in (1);
create table app.attached (b int, a int);
alter table app.parted attach partition app.attached for values in (6);
