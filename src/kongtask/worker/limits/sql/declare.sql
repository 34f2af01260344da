-- Notes a limit that a pool declares, and tells the others.
with declared as (
  insert into :EXTENSION_SCHEMA.limits (name, declared_by, tasks, amount, period, key_path)
  select
    given.name, %(pool_id)s, given.tasks, given.amount, given.per * interval '1 second',
    given.key_path
  from json_to_recordset(%(limits)s::json)
    as given (name text, tasks text[], amount int, per float8, key_path text[])
  on conflict on constraint limits_pkey do nothing
)
select pg_catalog.pg_notify('kongtask:control', '')::text
