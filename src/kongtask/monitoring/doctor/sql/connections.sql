-- How many connections are in use, and how many there may be: of the server, of this database, of a
-- role; -1 stands for no limit. Those of others' roles are only counted where they may be seen.
select
  (select sum(numbackends) from pg_catalog.pg_stat_database),
  current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0),
  (
    select numbackends
    from pg_catalog.pg_stat_database
    where datname = current_database()
  ),
  (select datconnlimit from pg_catalog.pg_database where datname = current_database()),
  (
    select count(*)
    from pg_catalog.pg_stat_activity as sessions
    join pg_catalog.pg_roles as roles on roles.oid = sessions.usesysid
    where roles.rolname = $1::text
  ),
  (select rolconnlimit from pg_catalog.pg_roles where rolname = $1),
  current_database()::text
