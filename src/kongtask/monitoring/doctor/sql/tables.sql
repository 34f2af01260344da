-- Live and dead rows of the tables, as PostgreSQL counts them, and the last vacuum.
select
  format('%I.%I', schemaname, relname),
  n_live_tup,
  n_dead_tup,
  greatest(last_vacuum, last_autovacuum)
from pg_catalog.pg_stat_user_tables
where schemaname in ($1::text, $2::text)
order by 1
