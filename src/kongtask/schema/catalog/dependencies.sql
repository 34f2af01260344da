-- What needs what, among objects that somebody made. Everything of initdb's has a lower OID.
-- Left out: being in a schema or extension, a sequence owned by a column, a row type and its table.
select d.classid::int, d.objid, d.refclassid::int, d.refobjid
from pg_depend d
where d.deptype in ('n', 'a', 'i') and d.objid >= 16384 and d.refobjid >= 16384
  and d.refclassid not in ('pg_namespace'::regclass, 'pg_extension'::regclass)
  and not (d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
    and d.deptype in ('a', 'i') and d.refobjsubid <> 0)
  and not (d.classid = 'pg_type'::regclass and d.deptype = 'i')
  and not (d.classid = 'pg_attrdef'::regclass and d.deptype <> 'n')
