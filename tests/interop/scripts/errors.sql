-- What is refused, by SQLSTATE and constraint; nothing of it is left behind, no notification either.

select add_job(null);

select add_job(repeat('i', 129));

select add_job('a', queue_name => repeat('q', 129));

select add_job('a', job_key => '');

select add_job('a', job_key => repeat('k', 513));

select add_job('a', max_attempts => 0);

select add_job('a', max_attempts => -1);

select add_job('a', max_attempts => 32768);

select add_job('a', priority => 32768);

select add_job('a', priority => -32769);

select add_job('a', flags => array['x', null]);

select add_job('a', payload => 'no json');

select add_job('a', job_key => 'k', job_key_mode => 'no such mode');

select add_job('a', job_key => 'k', job_key_mode => '');

select add_job('a', job_key => 'k', job_key_mode => 'REPLACE');

select add_job('a', job_key => '', job_key_mode => 'unsafe_dedupe');

select add_job('a', job_key => 'k', job_key_mode => 'unsafe_dedupe', max_attempts => 0);

select add_job('a', job_key => 'k', job_key_mode => 'unsafe_dedupe', max_attempts => 32768);

select add_job(null, job_key => 'k', job_key_mode => 'unsafe_dedupe');

-- the same with a job that has the key
select key from add_job('a', job_key => 'k');

select add_job('a', job_key => 'k', max_attempts => 0);

select add_job('a', job_key => 'k', job_key_mode => 'unsafe_dedupe', max_attempts => 0);

select add_job('a', job_key => 'k', job_key_mode => 'unsafe_dedupe', priority => 99999);

select add_job(repeat('i', 129), job_key => 'k', job_key_mode => 'unsafe_dedupe');

select add_jobs(array[null]::job_spec[]);

select add_jobs(array[(null, null, null, null, null, null, null, null)]::job_spec[]);

select add_jobs(array[('a', null, null, null, null, null, null, null), (repeat('i', 129), null, null, null, null, null, null, null)]::job_spec[]);

select add_jobs(array[('a', null, repeat('q', 129), null, null, null, null, null)]::job_spec[]);

select add_jobs(array[('a', null, null, null, null, '', null, null)]::job_spec[]);

select add_jobs(array[('a', null, null, null, 0, 'k', null, null)]::job_spec[]);

select add_jobs(array[('a', null, null, null, null, null, null, '{x,null}')]::job_spec[]);

-- one key twice in a call: for a new job, a waiting one, a locked one
select add_jobs(array[('a', null, null, null, null, 'new', null, null), ('a', null, null, null, null, 'new', null, null)]::job_spec[]);

select add_jobs(array[('a', null, null, null, null, 'k', null, null), ('a', null, null, null, null, 'k', null, null)]::job_spec[]);

update _private_jobs set locked_at = now(), locked_by = 'pool-1';

select add_jobs(array[('a', null, null, null, null, 'k', null, null), ('a', null, null, null, null, 'k', null, null)]::job_spec[]);

select reschedule_jobs(array(select id from _private_jobs), max_attempts => 0);

update _private_jobs set locked_at = null, locked_by = null;

select reschedule_jobs(array(select id from _private_jobs), max_attempts => 0);

select reschedule_jobs(array(select id from _private_jobs), priority => 32768);

select reschedule_jobs(array(select id from _private_jobs), attempts => -32769);
