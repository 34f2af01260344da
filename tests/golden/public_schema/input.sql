-- schemas: public
-- same from: 16
create table t (a int primary key);
comment on table t is 'in public';
create view v as select * from t;
