-- Every extension but the one of the language that every database has, with what it needs and makes.
-- A comment that the extension brings itself is not told from none.
select
  e.oid, e.extname as name, n.nspname as schema, a.comment as usual_comment,
  array(
    select r.extname::text
    from pg_depend d
    join pg_extension r on r.oid = d.refobjid
    where d.classid = 'pg_extension'::regclass and d.objid = e.oid
      and d.refclassid = 'pg_extension'::regclass and d.deptype = 'n'
    order by r.extname collate "C"
  ) as needed,
  array(
    select m.nspname::text
    from pg_depend d
    join pg_namespace m on m.oid = d.objid
    where d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
      and d.classid = 'pg_namespace'::regclass and d.deptype = 'e'
    order by m.nspname collate "C"
  ) as schemas
from pg_extension e
join pg_namespace n on n.oid = e.extnamespace
left join pg_available_extensions() a on a.name = e.extname
where e.extname <> 'plpgsql'
