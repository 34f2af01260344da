-- remove_job, complete_jobs, permanently_fail_jobs, reschedule_jobs, force_unlock_workers.

-- six groups of jobs
select count(*) from add_jobs(array(
  select (state, json_build_object('n', n), 'q' || n % 3, '2030-01-01 00:00:00+00', 5, state || n, null, null)::job_spec
  from unnest('{waiting,tried,locked,edge,expired,failed}'::text[]) as state, generate_series(1, 8) as n
));

update _private_jobs set attempts = 2, last_error = 'failed' where key like 'tried%';

update _private_jobs set attempts = 1, locked_at = now(), locked_by = 'pool-1' where key like 'locked_';

update _private_jobs set attempts = max_attempts, last_error = 'gave up' where key like 'failed%';

update _private_jobs set attempts = 1, locked_at = now() - interval '4 hours 1 second', locked_by = 'pool-2' where key like 'expired%';

update _private_job_queues set locked_at = now(), locked_by = case queue_name when 'q1' then 'pool-1' else 'pool-2' end where queue_name <> 'q0';

select * from remove_job('waiting1');

select * from remove_job('tried1');

select * from remove_job('locked1');

select * from remove_job('expired1');

select * from remove_job('failed1');

select * from remove_job('waiting1');

select * from remove_job('no such key');

select remove_job('no such key') is null;

select * from remove_job('');

select * from remove_job(null);

select remove_job(null) is null;

-- locked for four hours to the microsecond is not yet abandoned
update _private_jobs set locked_at = now() - interval '4 hours', locked_by = 'pool-1' where key like 'edge%';
select * from complete_jobs(array(select id from _private_jobs where key like 'edge%'));
select * from permanently_fail_jobs(array(select id from _private_jobs where key like 'edge%'));
select * from reschedule_jobs(array(select id from _private_jobs where key like 'edge%'), priority => 5);
select * from remove_job('edge1');

update _private_jobs set locked_at = now(), locked_by = 'pool-1' where key like 'edge%';

select * from complete_jobs(array(select id from _private_jobs where key like '%2'));

select * from complete_jobs(array(select id from _private_jobs where key like '%2'));

select * from complete_jobs('{}');

select * from complete_jobs(null);

select * from complete_jobs('{null,-1,9000000000000}');

select * from permanently_fail_jobs(array(select id from _private_jobs where key like '%3'));

select * from permanently_fail_jobs(array(select id from _private_jobs where key like '%4'), 'enough');

select * from permanently_fail_jobs(array(select id from _private_jobs where key like '%5'), '');

select * from permanently_fail_jobs(null, null);

select * from reschedule_jobs(array(select id from _private_jobs where key like '%6'));

select * from reschedule_jobs(array(select id from _private_jobs where key like '%7'), '2031-01-01 00:00:00+00', 3, 0, 9);

select * from reschedule_jobs(array(select id from _private_jobs where key like '%8'), attempts => 0, priority => 0);

-- attempts beyond the maximum are taken as they are
select * from reschedule_jobs(array(select id from _private_jobs where key = 'waiting8'), attempts => 7);

select * from reschedule_jobs('{}', now());

select * from reschedule_jobs(null, now());

select force_unlock_workers('{pool-1,no such pool}');

select force_unlock_workers('{pool-2,null}');

select force_unlock_workers('{}');

select force_unlock_workers(null);

-- what the view shows
select queue_name, task_identifier, priority, run_at, attempts, max_attempts, last_error, created_at, updated_at, key, locked_at, locked_by, revision, flags from jobs;
