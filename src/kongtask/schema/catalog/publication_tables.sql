-- The tables of publications; from 15 on, only some of their columns and rows. The expression can
-- use nothing that somebody made, but for the columns.
select
  r.prpubid as publication, r.prrelid as relation, n.nspname as schema, c.relname as name,
  pg_get_expr(r.prqual, r.prrelid) as filter, -- from 15
  null as filter, -- before 15
  case when r.prattrs is not null then array( -- from 15
    select a.attname::text from pg_attribute a -- from 15
    where a.attrelid = r.prrelid and a.attnum = any (r.prattrs) -- from 15
    order by a.attnum -- from 15
  ) end as columns -- from 15
  null as columns -- before 15
from pg_publication_rel r
join pg_class c on c.oid = r.prrelid
join pg_namespace n on n.oid = c.relnamespace
where r.prpubid >= 16384
