-- The sessions and prepared transactions of this database that keep rows from being cleaned up, and
-- when they began. Those of others are seen by members of pg_monitor only.
select
  format('the session of "%s" (process %s%s)', sessions.usename, sessions.pid,
    ', ' || nullif(sessions.application_name, '')),
  sessions.xact_start,
  format('select pg_terminate_backend(%s)', sessions.pid)
from pg_catalog.pg_stat_activity as sessions
where sessions.datname = current_database()
  and sessions.xact_start < now() - $1::text::interval
  and (sessions.backend_xmin is not null or sessions.backend_xid is not null)
  and sessions.backend_type = 'client backend'
union all
select
  format('the prepared transaction %L of "%s"', prepared.gid, prepared.owner),
  prepared.prepared,
  format('rollback prepared %L', prepared.gid)
from pg_catalog.pg_prepared_xacts as prepared
where prepared.database = current_database()
  and prepared.prepared < now() - $1::text::interval
order by 2
limit 5
