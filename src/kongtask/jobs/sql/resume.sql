-- Ends a pause; tells whether it has ended, is going to, or was none.
select :EXTENSION_SCHEMA.resume($1::text, $2::text)
