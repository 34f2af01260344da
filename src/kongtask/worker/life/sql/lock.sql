-- Takes the lock that proves that a pool lives: the server lets go of it when the session ends.
select pg_catalog.pg_try_advisory_lock(%(namespace)s::int, %(lock_key)s::int)
