-- Names the transaction after its job: it tells who looks at pg_stat_activity which job this is, and
-- tells this transaction from one that the task would have begun itself. It reads nothing, so that
-- the task may still choose the isolation level. A value cannot be bound here.
set local application_name = :NAME
