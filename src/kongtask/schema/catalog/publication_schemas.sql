-- The schemas of publications; there are none before 15.
select p.pnpubid as publication, p.pnnspid as namespace, n.nspname as name -- from 15
from pg_publication_namespace p join pg_namespace n on n.oid = p.pnnspid -- from 15
where p.pnpubid >= 16384 -- from 15
select 0 as publication, 0 as namespace, '' as name where false -- before 15
