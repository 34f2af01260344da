SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Types
--

CREATE TYPE app.num AS (
    v integer
);

CREATE FUNCTION app.num_cmp(app.num, app.num)
    RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT
    AS $$select $1.v - $2.v$$;

CREATE FUNCTION app.num_lt(app.num, app.num)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT
    AS $$select $1.v < $2.v$$;

CREATE OPERATOR app.<# (
    FUNCTION = app.num_lt,
    LEFTARG = app.num,
    RIGHTARG = app.num,
    COMMUTATOR = OPERATOR(app.>#),
    NEGATOR = OPERATOR(app.>=#),
    RESTRICT = scalarltsel,
    JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR app.<# (app.num, app.num) IS 'less';

CREATE FUNCTION app.num_le(app.num, app.num)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT
    AS $$select $1.v <= $2.v$$;

CREATE OPERATOR app.<=# (
    FUNCTION = app.num_le,
    LEFTARG = app.num,
    RIGHTARG = app.num,
    COMMUTATOR = OPERATOR(app.>=#),
    NEGATOR = OPERATOR(app.>#),
    RESTRICT = scalarlesel,
    JOIN = scalarlejoinsel
);

CREATE FUNCTION app.num_eq(app.num, app.num)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT
    AS $$select $1.v = $2.v$$;

CREATE OPERATOR app.=# (
    FUNCTION = app.num_eq,
    LEFTARG = app.num,
    RIGHTARG = app.num,
    COMMUTATOR = OPERATOR(app.=#),
    NEGATOR = OPERATOR(app.<>#),
    RESTRICT = eqsel,
    JOIN = eqjoinsel,
    HASHES,
    MERGES
);

CREATE FUNCTION app.num_gt(app.num, app.num)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT
    AS $$select $1.v > $2.v$$;

CREATE OPERATOR app.># (
    FUNCTION = app.num_gt,
    LEFTARG = app.num,
    RIGHTARG = app.num,
    COMMUTATOR = OPERATOR(app.<#),
    NEGATOR = OPERATOR(app.<=#)
);

CREATE FUNCTION app.num_ge(app.num, app.num)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT
    AS $$select $1.v >= $2.v$$;

CREATE OPERATOR app.>=# (
    FUNCTION = app.num_ge,
    LEFTARG = app.num,
    RIGHTARG = app.num,
    COMMUTATOR = OPERATOR(app.<=#),
    NEGATOR = OPERATOR(app.<#)
);

CREATE OPERATOR FAMILY app.num_fam USING btree;
COMMENT ON OPERATOR FAMILY app.num_fam USING btree IS 'family';

CREATE OPERATOR CLASS app.num_ops DEFAULT
    FOR TYPE app.num USING btree FAMILY app.num_fam AS
    OPERATOR 1 app.<# (app.num, app.num),
    OPERATOR 2 app.<=# (app.num, app.num),
    OPERATOR 3 app.=# (app.num, app.num),
    OPERATOR 4 app.>=# (app.num, app.num),
    OPERATOR 5 app.># (app.num, app.num),
    FUNCTION 1 (app.num, app.num) app.num_cmp(app.num, app.num);
COMMENT ON OPERATOR CLASS app.num_ops USING btree IS 'class';

CREATE TYPE app.num_range AS RANGE (
    SUBTYPE = app.num
);

--
-- Tables
--

CREATE OPERATOR FAMILY app.num_ops_again USING btree;

CREATE OPERATOR CLASS app.num_ops_again
    FOR TYPE app.num USING btree FAMILY app.num_ops_again AS
    OPERATOR 1 app.<# (app.num, app.num),
    OPERATOR 2 app.<=# (app.num, app.num),
    OPERATOR 3 app.=# (app.num, app.num),
    OPERATOR 4 app.>=# (app.num, app.num),
    OPERATOR 5 app.># (app.num, app.num),
    FUNCTION 1 (app.num, app.num) app.num_cmp(app.num, app.num);

CREATE TABLE app.part (
    n app.num
)
PARTITION BY RANGE (n app.num_ops_again);

CREATE TABLE app.part_1 PARTITION OF app.part
FOR VALUES FROM ('(1)') TO ('(5)');

CREATE TABLE app.t (
    n app.num,
    p point,
    a integer[],
    CONSTRAINT t_n_excl EXCLUDE USING btree (n WITH OPERATOR(app.=#)),
    CONSTRAINT t_n_check CHECK ((n OPERATOR(app.<#) ROW(100)::app.num))
);

--
-- Indexes
--

CREATE INDEX ag ON app.t USING btree (n app.num_ops_again);

CREATE OPERATOR FAMILY app.arr_ops USING gin;

CREATE OPERATOR CLASS app.arr_ops
    FOR TYPE integer[] USING gin FAMILY app.arr_ops AS
    OPERATOR 1 && (anyarray, anyarray),
    FUNCTION 1 (integer[], integer[]) btint4cmp(integer, integer),
    FUNCTION 2 (integer[], integer[]) ginarrayextract(anyarray, internal, internal),
    FUNCTION 3 (integer[], integer[]) ginqueryarrayextract(anyarray, internal, smallint, internal, internal, internal, internal),
    FUNCTION 4 (integer[], integer[]) ginarrayconsistent(internal, smallint, anyarray, integer, internal, internal, internal, internal),
    STORAGE integer;

CREATE INDEX t_a_idx ON app.t USING gin (a app.arr_ops);

CREATE INDEX t_n_idx ON app.t USING btree (n);

CREATE FUNCTION app.num_hash(app.num)
    RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT
    AS $$select $1.v$$;

CREATE OPERATOR FAMILY app.num_hash_ops USING hash;

CREATE OPERATOR CLASS app.num_hash_ops DEFAULT
    FOR TYPE app.num USING hash FAMILY app.num_hash_ops AS
    OPERATOR 1 app.=# (app.num, app.num),
    FUNCTION 1 (app.num, app.num) app.num_hash(app.num);

CREATE INDEX t_n_idx1 ON app.t USING hash (n);

CREATE FUNCTION app.consistent(internal, point, smallint, oid, internal)
    RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT
    AS $$gist_point_consistent$$;

CREATE OPERATOR FAMILY app.pts USING gist;

CREATE OPERATOR CLASS app.pts
    FOR TYPE point USING gist FAMILY app.pts AS
    OPERATOR 11 |>> (point, point),
    OPERATOR 15 <-> (point, point) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 (point, point) app.consistent(internal, point, smallint, oid, internal),
    FUNCTION 2 (point, point) gist_box_union(internal, internal),
    FUNCTION 3 (point, point) gist_point_compress(internal),
    FUNCTION 5 (point, point) gist_box_penalty(internal, internal, internal),
    FUNCTION 6 (point, point) gist_box_picksplit(internal, internal),
    FUNCTION 7 (point, point) gist_box_same(box, box, internal),
    FUNCTION 8 (point, point) gist_point_distance(internal, point, smallint, oid, internal),
    STORAGE box;

CREATE INDEX t_p_idx ON app.t USING gist (p app.pts);

--
-- Views
--

CREATE FUNCTION app.neg(app.num)
    RETURNS app.num
    LANGUAGE sql IMMUTABLE
    AS $$select row(-$1.v)::app.num$$;

CREATE OPERATOR app.!! (
    FUNCTION = app.neg,
    RIGHTARG = app.num
);
COMMENT ON OPERATOR app.!! (NONE, app.num) IS 'prefix';

CREATE VIEW app.v AS
 SELECT (n OPERATOR(app.<#) ROW(1)::app.num) AS lt,
    (OPERATOR(app.!!) n) AS neg
   FROM app.t
  WHERE (n OPERATOR(app.=#) ROW(3)::app.num)
  ORDER BY n DESC;

--
-- Functions
--

CREATE FUNCTION app.lesser(app.num, app.num)
    RETURNS app.num
    LANGUAGE sql IMMUTABLE
    AS $$select $1$$;

CREATE FUNCTION app.num_cmp_int(app.num, integer)
    RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT
    AS $$select $1.v - $2$$;

CREATE FUNCTION app.num_lt_int(app.num, integer)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT
    AS $$select $1.v < $2$$;

CREATE AGGREGATE app.num_min(app.num) (
    SFUNC = app.lesser,
    STYPE = app.num,
    SORTOP = OPERATOR(app.<#)
);

CREATE FUNCTION app.num_ne(app.num, app.num)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT
    AS $$select $1.v <> $2.v$$;

--
-- Operators
--

CREATE OPERATOR app.<# (
    FUNCTION = app.num_lt_int,
    LEFTARG = app.num,
    RIGHTARG = integer
);

CREATE OPERATOR app.<># (
    FUNCTION = app.num_ne,
    LEFTARG = app.num,
    RIGHTARG = app.num,
    COMMUTATOR = OPERATOR(app.<>#),
    NEGATOR = OPERATOR(app.=#),
    RESTRICT = neqsel,
    JOIN = neqjoinsel
);

CREATE OPERATOR FAMILY app.empty_family USING gin;

ALTER OPERATOR FAMILY app.num_fam USING btree ADD
    OPERATOR 1 app.<# (app.num, integer),
    FUNCTION 1 (app.num, integer) app.num_cmp_int(app.num, integer);

--
-- Conversions
--

CREATE CONVERSION app.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
COMMENT ON CONVERSION app.conv IS 'conversion';

CREATE DEFAULT CONVERSION app.conv_def FOR 'LATIN2' TO 'UTF8' FROM iso8859_to_utf8;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
