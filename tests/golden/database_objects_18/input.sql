-- with database objects
-- with privileges
-- from: 18
do $$ declare r text; begin foreach r in array array['kt_owner', 'kt_reader'] loop begin execute format('create role %I', r); exception when duplicate_object then null; end; end loop; end $$;
-- the schema
create schema app;
create table app.t (a int primary key, b int generated always as (a + 1) stored);
create publication kt_generated for table app.t with (publish_generated_columns = stored, publish = 'insert');
create publication kt_chosen for table app.t (a, b);
create function app.on_login() returns event_trigger language plpgsql as 'begin end';
create event trigger kt_login on login execute function app.on_login();
alter default privileges for role kt_owner grant select on large objects to kt_reader;
alter default privileges for role kt_owner grant maintain on tables to kt_reader;
alter default privileges for role kt_owner revoke maintain on tables from kt_owner;
