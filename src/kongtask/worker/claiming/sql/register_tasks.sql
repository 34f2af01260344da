-- Makes sure that some tasks are known, without burning sequence values for those that are.
insert into :GRAPHILE_WORKER_SCHEMA._private_tasks (identifier)
select given.identifier
from unnest(%(identifiers)s::text[]) as given (identifier)
where not exists (
  select from :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
  where tasks.identifier = given.identifier
)
order by given.identifier
on conflict (identifier) do nothing
