-- Begins a pause; tells whether it is a new one.
select :EXTENSION_SCHEMA.pause($1::text, $2::text)
