SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS "$$ünï ☃";

CREATE SCHEMA IF NOT EXISTS "we""ird; drop table x --";
COMMENT ON SCHEMA "we""ird; drop table x --" IS 'it''s';

--
-- Collations
--

CREATE COLLATION "we""ird; drop table x --"."co""ll" (
    provider = libc,
    locale = 'C'
);

--
-- Types
--

CREATE TYPE "we""ird; drop table x --"."Mo""od" AS ENUM (
    'a''b',
    'c"d',
    'e\f
'
);

CREATE DOMAIN "we""ird; drop table x --"."D;omain" AS "we""ird; drop table x --"."Mo""od" DEFAULT 'a''b'::"we""ird; drop table x --"."Mo""od"
    CONSTRAINT "ch""eck" CHECK ((VALUE <> 'c"d'::"we""ird; drop table x --"."Mo""od"));

--
-- Sequences
--

CREATE SEQUENCE "we""ird; drop table x --".exactly_sixty_three_bytes_lon_exactly_sixty_three_bytes_lon_seq AS integer;

CREATE SEQUENCE "we""ird; drop table x --"."se""q";

--
-- Tables
--

CREATE TABLE "$$ünï ☃"."ﷺ 漢字 עברית" (
    m "we""ird; drop table x --"."Mo""od"[],
    d "we""ird; drop table x --"."D;omain",
    f integer
);

CREATE TABLE "we""ird; drop table x --"."Parent" (
    a integer,
    "B b" text
)
PARTITION BY LIST ("B b");

CREATE TABLE "we""ird; drop table x --"."Part""1" PARTITION OF "we""ird; drop table x --"."Parent"
FOR VALUES IN ('it''s', '"', '
');

CREATE TABLE "we""ird; drop table x --"."Tab'le""x" (
    "Col""umn" integer NOT NULL,
    "select" text DEFAULT 'a''b'::text,
    "new
line" integer,
    "semi;" integer,
    "ünï" text COLLATE pg_catalog."C",
    "$1" integer,
    "63_bytes_long_name_ääääääääääääääääääääää" integer,
    CONSTRAINT "Tab'le""x_pkey" PRIMARY KEY ("Col""umn"),
    CONSTRAINT "Tab'le""x_semi;_key" UNIQUE ("semi;"),
    CONSTRAINT "Tab'le""x_new
line_check" CHECK (("new
line" > 0))
);
COMMENT ON TABLE "we""ird; drop table x --"."Tab'le""x" IS 'hostile '' " ; -- /* \ $$ $body$ 
\. 	
 end';
COMMENT ON COLUMN "we""ird; drop table x --"."Tab'le""x"."new
line" IS 'new
line';

CREATE TABLE "we""ird; drop table x --"."User" (
    "order" integer,
    "group" integer,
    "window" integer,
    "offset" integer,
    "user" integer,
    "table" integer,
    "values" integer,
    "json" integer,
    "merge_action" integer,
    "system_user" integer,
    "between" integer,
    "timestamp" integer,
    zone integer,
    name integer,
    type integer,
    key integer,
    at integer,
    date integer
);

CREATE TABLE "we""ird; drop table x --".exactly_sixty_three_bytes_long_name_of_a_table_x_x_x_x_x_x_x_xx (
    exactly_sixty_three_bytes_long_name_of_a_column_x_x_x_x_x_x_xxx integer NOT NULL DEFAULT nextval('"we""ird; drop table x --".exactly_sixty_three_bytes_lon_exactly_sixty_three_bytes_lon_seq'::regclass),
    "ä_exactly_sixty_three_bytes_long_name_of_a_column_x_x_x_x_x_x" integer,
    CONSTRAINT exactly_sixty_three_bytes_long_name_of_a_table_x_x_x_x_x_x_pkey PRIMARY KEY (exactly_sixty_three_bytes_long_name_of_a_column_x_x_x_x_x_x_xxx),
    CONSTRAINT "exactly_sixty_three_bytes_lon_ä_exactly_sixty_three_bytes__key" UNIQUE ("ä_exactly_sixty_three_bytes_long_name_of_a_column_x_x_x_x_x_x")
);

ALTER SEQUENCE "we""ird; drop table x --".exactly_sixty_three_bytes_lon_exactly_sixty_three_bytes_lon_seq OWNED BY "we""ird; drop table x --".exactly_sixty_three_bytes_long_name_of_a_table_x_x_x_x_x_x_x_xx.exactly_sixty_three_bytes_long_name_of_a_column_x_x_x_x_x_x_xxx;

CREATE TABLE "we""ird; drop table x --".uses (
    t text COLLATE "we""ird; drop table x --"."co""ll"
);

--
-- Foreign keys
--

ALTER TABLE "$$ünï ☃"."ﷺ 漢字 עברית" ADD CONSTRAINT "ﷺ 漢字 עברית_f_fkey" FOREIGN KEY (f) REFERENCES "we""ird; drop table x --"."Tab'le""x"("Col""umn");

ALTER TABLE "we""ird; drop table x --".exactly_sixty_three_bytes_long_name_of_a_table_x_x_x_x_x_x_x_xx ADD CONSTRAINT exactly_sixty_three_bytes_lon_exactly_sixty_three_bytes_lo_fkey FOREIGN KEY (exactly_sixty_three_bytes_long_name_of_a_column_x_x_x_x_x_x_xxx) REFERENCES "we""ird; drop table x --"."Tab'le""x"("Col""umn");

--
-- Indexes
--

CREATE INDEX "Parent_a_lower_idx" ON "we""ird; drop table x --"."Parent" USING btree (a, lower("B b"));

CREATE INDEX "in;dex" ON "we""ird; drop table x --"."User" USING btree ("order", "group", "window") WHERE ("user" > 1);

CREATE INDEX exactly_sixty_three_bytes_lon_exactly_sixty_three_bytes_lon_idx ON "we""ird; drop table x --".exactly_sixty_three_bytes_long_name_of_a_table_x_x_x_x_x_x_x_xx USING btree (exactly_sixty_three_bytes_long_name_of_a_column_x_x_x_x_x_x_xxx, "ä_exactly_sixty_three_bytes_long_name_of_a_column_x_x_x_x_x_x");

--
-- Statistics
--

CREATE STATISTICS "we""ird; drop table x --"."st""at" ON "Col""umn", "semi;" FROM "we""ird; drop table x --"."Tab'le""x";

--
-- Views
--

CREATE VIEW "we""ird; drop table x --".back AS
 SELECT m,
    d,
    f
   FROM "$$ünï ☃"."ﷺ 漢字 עברית";

CREATE VIEW "we""ird; drop table x --"."vi""ew" AS
 SELECT "Col""umn" AS "a""b",
    "semi;" AS "C"
   FROM "we""ird; drop table x --"."Tab'le""x" "al""ias";

--
-- Functions
--

CREATE AGGREGATE "we""ird; drop table x --"."ag""g"("x""y" integer) (
    SFUNC = int4pl,
    STYPE = integer
);

CREATE FUNCTION "we""ird; drop table x --"."f""n"("a""rg" "we""ird; drop table x --"."Mo""od" DEFAULT 'a''b'::"we""ird; drop table x --"."Mo""od", OUT "o;ut" "we""ird; drop table x --"."D;omain")
    RETURNS "we""ird; drop table x --"."D;omain"
    LANGUAGE sql
    AS $$select 'a''b'::"Mo""od"$$;
COMMENT ON FUNCTION "we""ird; drop table x --"."f""n"("a""rg" "we""ird; drop table x --"."Mo""od", OUT "o;ut" "we""ird; drop table x --"."D;omain") IS '$$';

CREATE FUNCTION "we""ird; drop table x --"."trig;ger"()
    RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin return null; end$$;

--
-- Triggers
--

CREATE TRIGGER "tr""ig" BEFORE UPDATE OF "Col""umn", "new
line" ON "we""ird; drop table x --"."Tab'le""x" FOR EACH ROW EXECUTE FUNCTION "we""ird; drop table x --"."trig;ger"();

--
-- Rules
--

CREATE RULE "ru;le" AS
    ON DELETE TO "we""ird; drop table x --"."vi""ew" DO INSTEAD NOTHING;

--
-- Policies
--

CREATE POLICY "po""licy" ON "we""ird; drop table x --"."Tab'le""x" USING (("Col""umn" > 1));

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
