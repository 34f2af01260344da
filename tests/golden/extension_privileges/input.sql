-- needs: extension hstore
-- with extensions
-- with privileges
-- with database objects
do $$ begin create role kt_reader; exception when duplicate_object then null; end $$;
-- the schema
create schema app;
create extension hstore schema app;
create extension pg_stat_statements schema app;
create extension postgres_fdw schema app;
grant execute on function app.hstore_in(cstring) to kt_reader with grant option;
revoke execute on function app.hstore_out(app.hstore), app.pg_stat_statements_reset from public;
revoke usage on type app.hstore from public;
revoke select on app.pg_stat_statements from public;
grant select (calls, query) on app.pg_stat_statements to kt_reader;
grant usage on foreign data wrapper postgres_fdw to kt_reader;
