-- An add_job that has looked a queue up holds a lock on its table until its transaction ends, and a
-- look-up takes no lock on the row. So only the strongest lock on the table makes sure that no such
-- transaction is under way, one whose job the next statement could not see yet. A job whose queue is
-- gone would never be executed.
lock table :GRAPHILE_WORKER_SCHEMA._private_job_queues in access exclusive mode
