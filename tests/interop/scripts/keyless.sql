-- add_job without a key: defaults, every argument, nulls, casts.

select * from add_job('plain');

select * from add_job('plain', '{"b": 1, "a": [2, 3],  "b": 4}');

select * from add_job('full', '[1, 2]', 'queue', '2030-01-02 03:04:05+00', 7, null, -3, '{red,green,red}');

select * from add_job(
  identifier => 'nulls', payload => null, queue_name => null, run_at => null, max_attempts => null,
  job_key => null, priority => null, flags => null, job_key_mode => null
);

select * from add_job('plain', 'null');

select * from add_job('plain', '"text"', priority => 32767, max_attempts => 32767);

select * from add_job('plain', priority => -32768, max_attempts => 1);

select * from add_job('plain', run_at => '2001-01-01 00:00:00+00');

select * from add_job('plain', run_at => 'infinity');

select * from add_job('plain', flags => '{}');

select * from add_job('plain', flags => '{{a,b},{c,a}}');

select * from add_job('', queue_name => '');

select * from add_job(repeat('i', 128), queue_name => repeat('q', 128));

select * from add_job('plain', job_key_mode => 'no such mode');

select * from add_job('plain', job_key_mode => 'unsafe_dedupe');

-- several in one transaction: a notification each
select count(*) from generate_series(1, 3) as n, lateral (select add_job('plain', queue_name => 'q' || n)) as j;
