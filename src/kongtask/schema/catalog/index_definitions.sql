-- The definitions of some indexes, from USING on.
select
  c.oid,
  substr(pg_get_indexdef(c.oid), 1 + length(format(
    'CREATE %%sINDEX %%I ON %%s%%I.%%I ',
    case when x.indisunique then 'UNIQUE ' end, c.relname,
    case when c.relkind = 'I' then 'ONLY ' end, tn.nspname, t.relname
  ))) as definition
from pg_index x
join pg_class c on c.oid = x.indexrelid
join pg_class t on t.oid = x.indrelid
join pg_namespace tn on tn.oid = t.relnamespace
where c.oid = any (%(indexes)s)
