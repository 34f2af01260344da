SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Types
--

CREATE TYPE app.pair AS (
    x integer,
    y text
);

--
-- Tables
--

CREATE TABLE app.t (
    id integer NOT NULL,
    a integer,
    b text,
    CONSTRAINT t_pkey PRIMARY KEY (id)
);

--
-- Functions
--

CREATE FUNCTION app.acc3(integer, integer, integer)
    RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$select $1 + $2 * $3$$;

CREATE FUNCTION app.args(a integer, b text DEFAULT 'x''y'::text, VARIADIC c text[] DEFAULT '{}'::text[])
    RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$select b$$;
COMMENT ON FUNCTION app.args(a integer, b text, VARIADIC c text[]) IS 'args';

CREATE AGGREGATE app.arrays(anycompatiblearray) (
    SFUNC = array_cat,
    STYPE = anycompatiblearray,
    INITCOND = '{}'
);

CREATE FUNCTION app.bodies()
    RETURNS text
    LANGUAGE plpgsql
    AS $body1$
declare
  a text := $$inner$$; b text := $body$inner2$body$; c text := E'\\.\n';
begin
  -- a comment with ' and " and ; and \
  execute 'select ' || $q$ 1 $q$;
  return a || $1;
/*
\.
*/
end $body1$;

CREATE FUNCTION app.c_like(double precision)
    RETURNS double precision
    LANGUAGE internal IMMUTABLE STRICT
    AS $$dsqrt$$;

CREATE FUNCTION app.cost1()
    RETURNS integer
    LANGUAGE internal COST 5
    AS $$now$$;

CREATE FUNCTION app.crlf()
    RETURNS integer
    LANGUAGE sql
    AS $$select
  1
$$;

CREATE FUNCTION app.dollar_end()
    RETURNS text
    LANGUAGE sql
    AS $body$select 'x$'::text -- $$body$;

CREATE FUNCTION app.empty_path()
    RETURNS integer
    LANGUAGE sql
    SET search_path TO ''
    AS $$select 1$$;

CREATE FUNCTION app.event_trig()
    RETURNS event_trigger
    LANGUAGE plpgsql
    AS $$begin end$$;

CREATE AGGREGATE app.hypo(VARIADIC "any" ORDER BY VARIADIC "any") (
    SFUNC = ordered_set_transition_multi,
    STYPE = internal,
    FINALFUNC = rank_final,
    FINALFUNC_EXTRA,
    HYPOTHETICAL
);

CREATE PROCEDURE app.keyword(IN "json_scalar" text)
    LANGUAGE sql
    AS $$select 1$$;

CREATE FUNCTION app.keyword("json" text, INOUT "json_array" integer DEFAULT 3, VARIADIC "Rest" integer[] DEFAULT '{}'::integer[])
    RETURNS integer
    LANGUAGE sql
    AS $$select 1$$;

CREATE FUNCTION app.keywords("json" text)
    RETURNS TABLE("json_value" integer, plain text)
    LANGUAGE sql
    AS $$select 1, $1$$;

CREATE FUNCTION app.long_names()
    RETURNS integer
    LANGUAGE sql
    SET local_preload_libraries TO "Mixed/Case", "c:/'a""/path", '', '0123456789012345678901234567890123456789012345678901234567890123456789'
    AS $$select 1$$;

CREATE AGGREGATE app.my_avg(numeric) (
    SFUNC = numeric_avg_accum,
    STYPE = internal,
    SSPACE = 128,
    FINALFUNC = numeric_avg,
    COMBINEFUNC = numeric_avg_combine,
    SERIALFUNC = numeric_avg_serialize,
    DESERIALFUNC = numeric_avg_deserialize,
    MSFUNC = numeric_avg_accum,
    MINVFUNC = numeric_accum_inv,
    MSTYPE = internal,
    MSSPACE = 128,
    MFINALFUNC = numeric_avg
);

CREATE FUNCTION app.smaller(text, text)
    RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$select least($1, $2)$$;

CREATE AGGREGATE app.my_min(text) (
    SFUNC = app.smaller,
    STYPE = text,
    SORTOP = <
);

CREATE AGGREGATE app.my_sum(integer) (
    SFUNC = int4pl,
    STYPE = integer,
    COMBINEFUNC = int4pl,
    INITCOND = '0',
    PARALLEL = SAFE
);

CREATE AGGREGATE app.named_args(first integer, "Second" integer) (
    SFUNC = app.acc3,
    STYPE = integer,
    INITCOND = '1'
);
COMMENT ON AGGREGATE app.named_args(first integer, "Second" integer) IS 'named';

CREATE FUNCTION app.outs(INOUT a integer, OUT b text, c integer DEFAULT 3)
    RETURNS record
    LANGUAGE sql STABLE
    AS $$select 1, 'x'$$;

CREATE FUNCTION app.overload(integer)
    RETURNS integer
    LANGUAGE sql
    AS $$select 1$$;

CREATE FUNCTION app.overload(integer, text)
    RETURNS integer
    LANGUAGE sql
    AS $$select 3$$;

CREATE FUNCTION app.overload(text)
    RETURNS integer
    LANGUAGE sql
    AS $$select 2$$;

CREATE AGGREGATE app.pct(double precision ORDER BY anyelement) (
    SFUNC = ordered_set_transition,
    STYPE = internal,
    FINALFUNC = percentile_disc_final,
    FINALFUNC_EXTRA
);
COMMENT ON AGGREGATE app.pct(double precision ORDER BY anyelement) IS 'ordered set';

CREATE FUNCTION app.plain()
    RETURNS void
    LANGUAGE sql
    AS $$$$;

CREATE FUNCTION app.poly(anyelement, anyarray)
    RETURNS anyelement
    LANGUAGE sql
    AS $$select $1$$;

CREATE PROCEDURE app.proc(IN a integer, INOUT b text DEFAULT 'z'::text)
    LANGUAGE plpgsql
    AS $$begin commit; end$$;
COMMENT ON PROCEDURE app.proc(IN a integer, INOUT b text) IS 'proc';

CREATE PROCEDURE app.proc_def(IN a integer)
    LANGUAGE sql SECURITY DEFINER
    SET role TO 'none'
    AS $$select 1$$;

CREATE PROCEDURE app.proc_out(OUT a integer)
    LANGUAGE sql
    AS $$select 1$$;

CREATE FUNCTION app.secure(x text)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER LEAKPROOF
    SET search_path TO app, "$user", public, ''
    SET work_mem TO '64MB'
    SET my.setting TO 'it''s'
    SET "DateStyle" TO 'ISO, DMY'
    SET "TimeZone" TO 'Europe/Berlin'
    AS $body$ begin return $$ $$ || x; end $body$;

CREATE FUNCTION app.sets(p app.pair, ts app.t[])
    RETURNS SETOF app.t
    LANGUAGE sql STABLE ROWS 77
    AS $$select * from app.t$$;

CREATE AGGREGATE app.star(*) (
    SFUNC = int8inc,
    STYPE = bigint,
    INITCOND = '0'
);
COMMENT ON AGGREGATE app.star(*) IS 'star';

CREATE FUNCTION app.std_atomic(x integer)
    RETURNS SETOF app.t
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT t.id,
     t.a,
     t.b
    FROM app.t
   WHERE (t.id = std_atomic.x);
END;

CREATE FUNCTION app.std_empty()
    RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
END;

CREATE FUNCTION app.std_return(a integer, b integer DEFAULT 2)
    RETURNS integer
    LANGUAGE sql
    RETURN (a + b);

CREATE PROCEDURE app.std_proc(IN x integer)
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO app.t (id, a, b)
   VALUES (std_proc.x, 1, 'a;b'::text) ON CONFLICT DO NOTHING;
 DELETE FROM app.t
   WHERE (t.id = app.std_return(1));
END;

CREATE FUNCTION app.tab(integer)
    RETURNS TABLE(x integer, "Y z" text)
    LANGUAGE sql COST 20 ROWS 5
    AS $$select 1, 'x'$$;

CREATE FUNCTION app.tabs()
    RETURNS integer
    LANGUAGE sql
    AS $$	select	1 -- é😀 
$$;

CREATE FUNCTION app.trig()
    RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin return new; end$$;

CREATE FUNCTION app.win()
    RETURNS bigint
    LANGUAGE internal WINDOW IMMUTABLE
    AS $$window_row_number$$;

--
-- Triggers
--

CREATE TRIGGER a_first BEFORE INSERT OR UPDATE OF a, b ON app.t FOR EACH ROW WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION app.trig('arg', 'it''s', 'new
line\');
COMMENT ON TRIGGER a_first ON app.t IS 'first';

CREATE TRIGGER "odd ""name""" AFTER DELETE ON app.t FOR EACH STATEMENT EXECUTE FUNCTION app.trig();

CREATE TRIGGER trans AFTER UPDATE ON app.t REFERENCING OLD TABLE AS old_rows NEW TABLE AS "New Rows" FOR EACH STATEMENT EXECUTE FUNCTION app.trig();
ALTER TABLE app.t ENABLE REPLICA TRIGGER trans;

CREATE TRIGGER trunc BEFORE TRUNCATE ON app.t FOR EACH STATEMENT EXECUTE FUNCTION app.trig();
ALTER TABLE app.t ENABLE ALWAYS TRIGGER trunc;

CREATE TRIGGER whens BEFORE UPDATE ON app.t FOR EACH ROW WHEN (((old.a IS DISTINCT FROM new.a) AND (old.* IS DISTINCT FROM new.*))) EXECUTE FUNCTION app.trig();

CREATE TRIGGER z_last AFTER INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.trig();
ALTER TABLE app.t DISABLE TRIGGER z_last;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
