-- Sets a limit by hand.
select :EXTENSION_SCHEMA.set_limit(
  name => $1::text,
  tasks => $2::text[],
  amount => $3::int,
  period => $4::text::float8 * interval '1 second',
  key_path => $5::text[]
)::text
