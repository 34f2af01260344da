-- Sets the session's parameters.
select pg_catalog.set_config(given.name, given.setting, false)
from unnest(%(names)s::text[], %(settings)s::text[]) as given (name, setting)
