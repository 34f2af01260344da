-- What PostgreSQL counts anyway about the table of jobs. On a standby it counts nothing.
select
  clock_timestamp(),
  pg_is_in_recovery(),
  counted.n_tup_ins,
  counted.n_tup_del,
  sequences.last_value
from pg_catalog.pg_stat_user_tables as counted
left join pg_catalog.pg_sequences as sequences
  on pg_get_serial_sequence(format('%I.%I', counted.schemaname, counted.relname), 'id')
    = format('%I.%I', sequences.schemaname, sequences.sequencename)
where counted.schemaname = $1::text
  and counted.relname = '_private_jobs'
