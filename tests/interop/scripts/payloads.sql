-- Payloads under one key: two arrays are joined, everything else is replaced.

select * from add_job('a', '[1, {"b": 1, "a": 2, "b": 3}]', job_key => 'k');

select * from add_job('a', ' [ "two",  2.50 ]', job_key => 'k');

select * from add_job('a', '[]', job_key => 'k', job_key_mode => 'preserve_run_at');

select * from add_job('a', '{"not":   "an array"}', job_key => 'k');

select * from add_job('a', '[3]', job_key => 'k');

select * from add_job('a', 'null', job_key => 'k');

select * from add_job('a', '[4]', job_key => 'k');

-- no payload is an empty object, not an empty array
select * from add_job('a', null, job_key => 'k');

-- unsafe_dedupe never touches it
select * from add_job('a', '[5]', job_key => 'k', job_key_mode => 'replace');

select * from add_job('a', '[6]', job_key => 'k', job_key_mode => 'unsafe_dedupe');

-- a tried job's array is joined too
update _private_jobs set attempts = 2;

select * from add_job('a', '[7]', job_key => 'k');

-- a locked job's is not: the new job begins afresh
update _private_jobs set locked_at = now(), locked_by = 'pool-1';

select * from add_job('a', '[8]', job_key => 'k');
