-- What makes an aggregate, each as the text that CREATE AGGREGATE takes.
select
  a.aggfnoid::oid as routine, a.aggkind::text as kind,
  a.aggtransfn::regproc::text as sfunc, format_type(a.aggtranstype, null) as stype,
  nullif(a.aggtransspace, 0) as sspace,
  nullif(a.aggfinalfn, 0)::regproc::text as finalfunc, a.aggfinalextra as finalfunc_extra,
  a.aggfinalmodify::text as finalfunc_modify,
  nullif(a.aggcombinefn, 0)::regproc::text as combinefunc,
  nullif(a.aggserialfn, 0)::regproc::text as serialfunc,
  nullif(a.aggdeserialfn, 0)::regproc::text as deserialfunc, a.agginitval as initcond,
  nullif(a.aggmtransfn, 0)::regproc::text as msfunc,
  nullif(a.aggminvtransfn, 0)::regproc::text as minvfunc,
  case when a.aggmtranstype <> 0 then format_type(a.aggmtranstype, null) end as mstype,
  nullif(a.aggmtransspace, 0) as msspace,
  nullif(a.aggmfinalfn, 0)::regproc::text as mfinalfunc, a.aggmfinalextra as mfinalfunc_extra,
  a.aggmfinalmodify::text as mfinalfunc_modify, a.aggminitval as minitcond,
  case
    when a.aggsortop <> 0
      then 'OPERATOR(' || quote_ident(on_.nspname) || '.' || o.oprname || ')'
  end as sortop
from pg_aggregate a
join pg_proc p on p.oid = a.aggfnoid
left join pg_operator o on o.oid = a.aggsortop
left join pg_namespace on_ on on_.oid = o.oprnamespace
where p.pronamespace = any (%(namespaces)s)
