-- What is paused.
select row_to_json(found)::text
from (
  select pauses.kind, pauses.name, pauses.paused_at, pauses.is_ending
  from :EXTENSION_SCHEMA.pauses as pauses
) as found
order by found.kind collate "C", found.name collate "C"
