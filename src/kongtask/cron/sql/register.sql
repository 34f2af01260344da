-- Makes schedules known and returns those that were known before. The query sees the table as it
-- was when the statement began, so what the insert adds is not among them.
--
-- Only what is missing is inserted, so that a restart with thousands of items locks nothing. Two
-- schedulers may register a schedule at once: for both it is new.

with inserted as (
  insert into :GRAPHILE_WORKER_SCHEMA._private_known_crontabs (identifier, known_since)
    select wanted.identifier, %(start)s::timestamptz
    from unnest(%(identifiers)s::text[]) as wanted (identifier)
    where not exists (
      select from :GRAPHILE_WORKER_SCHEMA._private_known_crontabs as known
      where known.identifier = wanted.identifier
    )
    order by wanted.identifier
    on conflict (identifier) do nothing
)
select known.identifier, known.known_since, known.last_execution
from :GRAPHILE_WORKER_SCHEMA._private_known_crontabs as known
where known.identifier = any (%(identifiers)s::text[])
