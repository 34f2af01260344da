-- Cancels jobs: those that wait at once, those that run by asking their workers.
select asked.id, :EXTENSION_SCHEMA.cancel_job(asked.id, $2::text)
from (
  select distinct given.id from unnest($1::bigint[]) as given (id) order by given.id
) as asked
