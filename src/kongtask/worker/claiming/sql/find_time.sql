-- The server's time.
select now()
