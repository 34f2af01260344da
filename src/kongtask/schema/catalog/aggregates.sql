-- What makes an aggregate; functions and operators by OID.
select
  a.aggfnoid::oid as routine, a.aggkind::text as kind,
  a.aggtransfn::oid as sfunc, format_type(a.aggtranstype, null) as stype,
  nullif(a.aggtransspace, 0) as sspace,
  a.aggfinalfn::oid as finalfunc, a.aggfinalextra as finalfunc_extra,
  a.aggfinalmodify::text as finalfunc_modify, a.aggcombinefn::oid as combinefunc,
  a.aggserialfn::oid as serialfunc, a.aggdeserialfn::oid as deserialfunc,
  a.agginitval as initcond, a.aggmtransfn::oid as msfunc, a.aggminvtransfn::oid as minvfunc,
  case when a.aggmtranstype <> 0 then format_type(a.aggmtranstype, null) end as mstype,
  nullif(a.aggmtransspace, 0) as msspace,
  a.aggmfinalfn::oid as mfinalfunc, a.aggmfinalextra as mfinalfunc_extra,
  a.aggmfinalmodify::text as mfinalfunc_modify, a.aggminitval as minitcond,
  a.aggsortop as sortop, p.proparallel::text as parallel
from pg_aggregate a
join pg_proc p on p.oid = a.aggfnoid
where p.pronamespace = any (%(namespaces)s)
