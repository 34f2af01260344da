-- Until the end of the transaction: who waits for a strong lock makes all others wait behind it.
select set_config('lock_timeout', $1::text, true)
