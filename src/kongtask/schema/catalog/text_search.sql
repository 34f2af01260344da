-- Text search parsers, templates, dictionaries and configurations.
select o.*
from (
  select
    'pg_ts_parser'::regclass::int as catalog, p.oid, p.prsname as name, n.nspname as schema,
    null as owner, null as options, null as of_schema, null as of_name,
    array[p.prsstart, p.prstoken, p.prsend, p.prsheadline, p.prslextype]::oid[] as functions
  from pg_ts_parser p
  join pg_namespace n on n.oid = p.prsnamespace
  where p.prsnamespace = any (%(namespaces)s)
  union all
  select
    'pg_ts_template'::regclass::int, t.oid, t.tmplname, n.nspname, null, null, null, null,
    array[t.tmplinit, t.tmpllexize]::oid[]
  from pg_ts_template t
  join pg_namespace n on n.oid = t.tmplnamespace
  where t.tmplnamespace = any (%(namespaces)s)
  union all
  select
    'pg_ts_dict'::regclass::int, d.oid, d.dictname, n.nspname, pg_get_userbyid(d.dictowner),
    d.dictinitoption, tn.nspname, t.tmplname, '{}'
  from pg_ts_dict d
  join pg_namespace n on n.oid = d.dictnamespace
  join pg_ts_template t on t.oid = d.dicttemplate
  join pg_namespace tn on tn.oid = t.tmplnamespace
  where d.dictnamespace = any (%(namespaces)s)
  union all
  select
    'pg_ts_config'::regclass::int, c.oid, c.cfgname, n.nspname, pg_get_userbyid(c.cfgowner),
    null, pn.nspname, p.prsname, '{}'
  from pg_ts_config c
  join pg_namespace n on n.oid = c.cfgnamespace
  join pg_ts_parser p on p.oid = c.cfgparser
  join pg_namespace pn on pn.oid = p.prsnamespace
  where c.cfgnamespace = any (%(namespaces)s)
) o
where not exists (
  select 1 from pg_depend e
  where e.classid = o.catalog::oid and e.objid = o.oid and e.deptype = 'e'
)
