-- The dictionaries of each token type of a configuration, in order; token types by their names.
select
  m.mapcfg as configuration, t.alias as token, n.nspname as schema, d.dictname as name
from pg_ts_config c
join pg_ts_config_map m on m.mapcfg = c.oid
join lateral ts_token_type(c.cfgparser) t on t.tokid = m.maptokentype
join pg_ts_dict d on d.oid = m.mapdict
join pg_namespace n on n.oid = d.dictnamespace
where c.cfgnamespace = any (%(namespaces)s)
order by m.mapcfg, t.alias collate "C", m.mapseqno
