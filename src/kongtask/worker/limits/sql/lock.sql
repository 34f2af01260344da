-- Locks those of some limits that nobody else has locked, until the transaction ends; waits for
-- none, so nobody can wait in a circle. Sees to it that the server does not lose in a crash what
-- the transaction writes: the jobs are locked again by their pool, but a permit would be gone.
select given.name
from unnest(%(names)s::text[]) as given (name)
where pg_catalog.pg_try_advisory_xact_lock(
    %(namespace)s::int, pg_catalog.hashtext(given.name)
  )
  and pg_catalog.set_config('synchronous_commit', 'on', true) is not null
