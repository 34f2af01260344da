-- Children and their parents, of tables and of partitioned indexes.
select
  i.inhrelid as child, i.inhparent as parent, p.relkind::text as parent_kind,
  n.nspname as parent_schema, p.relname as parent_name
from pg_inherits i
join pg_class c on c.oid = i.inhrelid
join pg_class p on p.oid = i.inhparent
join pg_namespace n on n.oid = p.relnamespace
where c.relnamespace = any (%(namespaces)s)
order by i.inhrelid, i.inhseqno
