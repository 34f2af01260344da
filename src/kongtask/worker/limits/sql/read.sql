-- What is limited and what is paused, as one text, which is quick to compare with the last one.
select json_build_object(
  'is_paused', exists (
    select from :EXTENSION_SCHEMA.pauses as pauses
    where pauses.kind = 'all' or (pauses.kind = 'pool' and pauses.name = %(pool_id)s)
  ),
  'tasks', coalesce(
    (
      select json_agg(pauses.name order by pauses.name)
      from :EXTENSION_SCHEMA.pauses as pauses
      where pauses.kind = 'task'
    ),
    '[]'
  ),
  'queues', coalesce(
    (
      select json_agg(queues.id order by queues.id)
      from :EXTENSION_SCHEMA.pauses as pauses
      join :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
        on queues.queue_name = pauses.name
      where pauses.kind = 'queue'
    ),
    '[]'
  ),
  'limits', coalesce(
    (
      select json_agg(
        json_build_object(
          'name', limits.name,
          'tasks', limits.tasks,
          'amount', limits.amount,
          'per', extract(epoch from limits.period)::float8,
          'key_path', limits.key_path,
          'is_set', limits.is_set
        )
        order by limits.name
      )
      from :EXTENSION_SCHEMA.active_limits as limits
    ),
    '[]'
  )
)::text
