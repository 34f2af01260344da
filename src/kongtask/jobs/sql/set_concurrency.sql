-- Asks a pool to run another number of jobs at once.
select :EXTENSION_SCHEMA.set_concurrency($1::text, $2::int)
