-- add_job with a key: all modes, on jobs in every state.

-- a first job for a key, in every mode
select * from add_job('a', '{"n": 1}', job_key => 'replace', run_at => '2030-01-01 00:00:00+00');

select * from add_job('a', '{"n": 1}', job_key => 'preserve', job_key_mode => 'preserve_run_at', run_at => '2030-01-01 00:00:00+00');

select * from add_job('a', '{"n": 1}', job_key => 'dedupe', job_key_mode => 'unsafe_dedupe', run_at => '2030-01-01 00:00:00+00');

select * from add_job('a', '{"n": 1}', job_key => 'null mode', job_key_mode => null, run_at => '2030-01-01 00:00:00+00');

-- the same keys again, everything else different
select * from add_job('b', '{"n": 2}', 'q', '2040-01-01 00:00:00+00', 3, 'replace', 9, '{x}');

select * from add_job('b', '{"n": 2}', 'q', '2040-01-01 00:00:00+00', 3, 'preserve', 9, '{x}', 'preserve_run_at');

select * from add_job('b', '{"n": 2}', 'q', '2040-01-01 00:00:00+00', 3, 'dedupe', 9, '{x}', 'unsafe_dedupe');

select * from add_job('b', '{"n": 2}', 'q', '2040-01-01 00:00:00+00', 3, 'null mode', 9, '{x}', null);

-- and again with nothing given: back to the defaults
select * from add_job('a', job_key => 'replace');

select * from add_job('a', job_key => 'preserve', job_key_mode => 'preserve_run_at');

select * from add_job('a', job_key => 'dedupe', job_key_mode => 'unsafe_dedupe');

-- jobs that have failed once: preserve_run_at no longer preserves
update _private_jobs set attempts = 1, last_error = 'failed', run_at = '2035-01-01 00:00:00+00';

select * from add_job('a', '{"n": 3}', job_key => 'replace');

select * from add_job('a', '{"n": 3}', job_key => 'preserve', job_key_mode => 'preserve_run_at');

select * from add_job('a', '{"n": 3}', job_key => 'dedupe', job_key_mode => 'unsafe_dedupe');

-- locked jobs: the old one loses its key and its remaining attempts, but for unsafe_dedupe
update _private_jobs set attempts = attempts + 1, locked_at = now(), locked_by = 'pool-1';

select * from add_job('c', '{"n": 4}', job_key => 'replace');

select * from add_job('c', '{"n": 4}', job_key => 'preserve', job_key_mode => 'preserve_run_at', run_at => '2001-01-01 00:00:00+00');

select * from add_job('c', '{"n": 4}', job_key => 'dedupe', job_key_mode => 'unsafe_dedupe');

-- a lock of more than four hours is still a lock
update _private_jobs set locked_at = now() - interval '5 hours', locked_by = 'pool-1';

select * from add_job('d', '{"n": 5}', job_key => 'replace');

select * from add_job('d', '{"n": 5}', job_key => 'dedupe', job_key_mode => 'unsafe_dedupe');

-- jobs out of attempts, unlocked
update _private_jobs set locked_at = null, locked_by = null, attempts = max_attempts, last_error = 'gave up';

select * from add_job('e', '{"n": 6}', job_key => 'replace');

select * from add_job('e', '{"n": 6}', job_key => 'preserve', job_key_mode => 'preserve_run_at');

select * from add_job('e', '{"n": 6}', job_key => 'dedupe', job_key_mode => 'unsafe_dedupe');

-- a longest key
select length(key) from add_job('a', job_key => repeat('k', 512));

-- one key twice in a transaction
select count(*) from generate_series(1, 3) as n, lateral (select add_job('f', json_build_array(n), job_key => 'thrice')) as j;
