-- How many relations the schemas have, up to a limit; and of each query about something rarer, by
-- its name, whether the database has any of it. What initdb makes has a lower OID.
select
  (
    select count(*)
    from (
      select from pg_class c where c.relnamespace = any (%(namespaces)s) limit %(limit)s
    ) counted
  ) as relations,
  exists (select from pg_aggregate where aggfnoid::oid >= 16384) as aggregates,
  exists (select from pg_collation where oid >= 16384) as collations,
  exists (select from pg_conversion where oid >= 16384) as conversions,
  exists (select from pg_default_acl) as default_privileges,
  exists (select from pg_amop where oid >= 16384)
    or exists (select from pg_amproc where oid >= 16384) as family_members,
  exists (select from pg_inherits) as inheritance,
  exists (select from pg_opclass where oid >= 16384) as operator_classes,
  exists (select from pg_opfamily where oid >= 16384) as operator_families,
  exists (select from pg_operator where oid >= 16384) as operators,
  exists (select from pg_policy) as policies,
  exists (select from pg_range where rngtypid >= 16384) as ranges,
  exists (select from pg_rewrite where oid >= 16384) as rules,
  exists (select from pg_seclabel) as security_labels,
  exists (select from pg_statistic_ext) as statistics,
  exists (select from pg_ts_config where oid >= 16384)
    or exists (select from pg_ts_dict where oid >= 16384)
    or exists (select from pg_ts_parser where oid >= 16384)
    or exists (select from pg_ts_template where oid >= 16384) as text_search,
  exists (select from pg_ts_config where oid >= 16384) as text_search_mappings
