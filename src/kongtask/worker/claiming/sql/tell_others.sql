-- Tells other pools that jobs may be waiting: those behind the last jobs of a pool that ends.
select pg_notify('jobs:insert', json_build_object('r', random(), 'count', 1)::text)::text
