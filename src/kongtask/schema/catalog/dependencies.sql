-- What needs what, among objects that somebody made. Everything of initdb's has a lower OID.
-- Normal dependencies, and of the automatic ones a partition's, a statistics object's, those of
-- operator classes and, before 15, of generated columns. Left out: being in a schema or extension,
-- the owner of a part.
select distinct d.classid::int, d.objid, d.refclassid::int, d.refobjid
from pg_depend d
where d.objid >= 16384 and d.refobjid >= 16384
  and d.refclassid not in ('pg_namespace'::regclass, 'pg_extension'::regclass)
  and (d.classid, d.objid) <> (d.refclassid, d.refobjid)
  and (d.deptype = 'n' or d.deptype = 'a' and (
    d.classid = 'pg_statistic_ext'::regclass
    or d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
      and d.objsubid = 0 and d.refobjsubid = 0
    or d.classid = 'pg_class'::regclass and d.objsubid <> 0 and d.refobjid <> d.objid -- before 15
    or d.classid in ('pg_amop'::regclass, 'pg_amproc'::regclass)
      and d.refclassid not in ('pg_opfamily'::regclass, 'pg_opclass'::regclass)
  ))
order by d.objid
