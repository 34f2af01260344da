-- add_jobs.

select * from add_jobs(array[
  ('a', '{"n": 1}', null, null, null, null, null, null),
  ('b', '[2]', 'q1', '2030-01-01 00:00:00+00', 3, 'k2', 4, '{x,y}'),
  ('a', null, 'q2', null, null, 'k3', null, '{}'),
  ('c', 'null', 'q1', null, 1, null, -5, null)
]::job_spec[]);

-- the keys again, among new ones
select * from add_jobs(array[
  ('d', '[3]', null, '2040-01-01 00:00:00+00', null, 'k2', null, null),
  ('a', '{"n": 4}', 'q3', null, null, 'k4', null, null),
  ('a', '[5]', null, null, null, 'k3', 1, null)
]::job_spec[]);

-- run_at preserved, but not that of a job that has been tried
update _private_jobs set attempts = 1, last_error = 'failed' where key = 'k3';

select * from add_jobs(array[
  ('d', '[6]', null, '2050-01-01 00:00:00+00', null, 'k2', null, null),
  ('a', '[7]', null, '2050-01-01 00:00:00+00', null, 'k3', null, null),
  ('a', '[8]', null, '2050-01-01 00:00:00+00', null, 'k5', null, null)
]::job_spec[], true);

select * from add_jobs(job_key_preserve_run_at => null, specs => array[
  ('d', '[9]', null, '2060-01-01 00:00:00+00', null, 'k2', null, null)
]::job_spec[]);

-- one key locked, one out of attempts, one waiting, one new, one job without a key
update _private_jobs set locked_at = now(), locked_by = 'pool-1', attempts = attempts + 1 where key = 'k2';

update _private_jobs set attempts = max_attempts, last_error = 'gave up' where key = 'k3';

select * from add_jobs(array[
  ('e', '[10]', 'q9', null, null, 'k2', null, null),
  ('e', '[10]', 'q9', null, null, 'k3', null, null),
  ('e', '[10]', 'q9', null, null, 'k4', null, null),
  ('e', '[10]', 'q9', null, null, 'k6', null, null),
  ('e', '[10]', 'q9', null, null, null, null, null)
]::job_spec[]);

-- all keys locked
update _private_jobs set locked_at = now(), locked_by = 'pool-2', attempts = attempts + 1 where locked_at is null;

select * from add_jobs(array[
  ('f', '[11]', null, null, null, 'k2', null, null),
  ('f', '[11]', null, null, null, 'k6', null, null)
]::job_spec[], true);

-- nothing to add: still a wake-up
select * from add_jobs('{}');

select * from add_jobs(null);

-- two dimensions are read row by row
select * from add_jobs(array[
  array[('g', '1', null, null, null, null, null, null)::job_spec, ('g', '2', null, null, null, null, null, null)],
  array[('g', '3', null, null, null, null, null, null)::job_spec, ('g', '4', null, null, null, null, null, null)]
]);

-- many
select count(*), count(distinct j.id), min(j.priority), max(j.priority) from add_jobs(array(
  select ('t' || n % 7, to_json(n), case when n % 3 = 0 then 'q' || n % 11 end, null, null, case when n % 2 = 0 then 'many' || n end, n % 5, null)::job_spec
  from generate_series(1, 300) as n
)) as j;

select count(*), sum(j.revision) from add_jobs(array(
  select ('t' || n % 7, to_json(n), null, null, null, 'many' || n, null, null)::job_spec
  from generate_series(300, 1, -1) as n
)) as j;
