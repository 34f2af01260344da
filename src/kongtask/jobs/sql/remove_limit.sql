-- Removes a limit that was set by hand; tells whether there was one.
select :EXTENSION_SCHEMA.remove_limit($1::text)
