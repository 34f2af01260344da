-- An add_job that has looked a task up holds a lock on its table until its transaction ends, and a
-- look-up takes no lock on the row. So only the strongest lock on the table makes sure that no such
-- transaction is under way, one whose job the next statement could not see yet.
lock table :GRAPHILE_WORKER_SCHEMA._private_tasks in access exclusive mode
