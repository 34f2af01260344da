-- Takes a pool out of the Rust port's registry.
select :GRAPHILE_WORKER_SCHEMA.worker_deregister(%(pool_id)s::text)
