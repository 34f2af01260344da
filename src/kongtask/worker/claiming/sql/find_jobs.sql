-- Which of some jobs are still there.
select jobs.id
from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
where jobs.id = any(%(ids)s::bigint[])
