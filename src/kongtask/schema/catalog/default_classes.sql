-- The operator classes of B-trees and hashes that PostgreSQL brings and need not be named, and the
-- type that each is for. None where somebody made another default.
select o.oid, o.opcintype as type
from pg_opclass o
join pg_am am on am.oid = o.opcmethod and am.amname in ('btree', 'hash')
where o.opcdefault and o.oid < 16384
  and not exists (
    select 1 from pg_opclass own
    where own.opcdefault and own.oid >= 16384 and own.opcmethod = o.opcmethod
  )
