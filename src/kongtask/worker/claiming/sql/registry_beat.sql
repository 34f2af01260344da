-- Says in the Rust port's registry that a pool is there.
select :GRAPHILE_WORKER_SCHEMA.worker_heartbeat(%(pool_id)s::text)
