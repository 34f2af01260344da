-- Ends a transaction whose connection is lost, by the name that it has given itself. Nothing ends one
-- that is committing. Returns a row as long as it has not ended.
select
  activity.pid,
  case
    when pg_catalog.pg_has_role(activity.usesysid, 'member')
      then pg_catalog.pg_terminate_backend(activity.pid)
  end
from pg_catalog.pg_stat_activity as activity
where activity.application_name = %(name)s
  and activity.datname = pg_catalog.current_database()
