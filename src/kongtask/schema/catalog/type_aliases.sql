-- Types that come with another: arrays with their element, multiranges with their range.
select t.typarray as alias, t.oid as type
from pg_type t
where t.typnamespace = any (%(namespaces)s) and t.typarray <> 0
union all -- from 14
select r.rngmultitypid, r.rngtypid -- from 14
from pg_range r join pg_type t on t.oid = r.rngtypid -- from 14
where t.typnamespace = any (%(namespaces)s) -- from 14
union all -- from 14
select m.typarray, r.rngtypid -- from 14
from pg_range r join pg_type m on m.oid = r.rngmultitypid -- from 14
where m.typnamespace = any (%(namespaces)s) and m.typarray <> 0 -- from 14
