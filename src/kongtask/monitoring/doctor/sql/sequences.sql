-- How much of each sequence is used; null where the role may not know. One that counts down or
-- begins anew at its end does not end.
select
  format('%I.%I', sequences.schemaname, sequences.sequencename),
  (sequences.last_value::float8 - sequences.min_value)
    / (sequences.max_value::float8 - sequences.min_value),
  sequences.max_value - coalesce(sequences.last_value, sequences.min_value),
  sequences.last_value is null
    and not has_sequence_privilege(
      format('%I.%I', sequences.schemaname, sequences.sequencename), 'usage, select'
    ),
  case sequences.data_type
    when 'bigint'::regtype then '-9223372036854775808'
    when 'smallint'::regtype then '-32768'
    else '-2147483648'
  end
from pg_catalog.pg_sequences as sequences
where sequences.schemaname in ($1::text, $2::text)
  and sequences.increment_by > 0
  and not sequences.cycle
order by 1
