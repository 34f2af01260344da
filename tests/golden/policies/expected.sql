SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TABLE app.other (
    id integer,
    owner text
);

CREATE TABLE app.t (
    id integer,
    owner text,
    shared boolean
);
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;

--
-- Functions
--

CREATE FUNCTION app.me()
    RETURNS text
    LANGUAGE sql STABLE
    AS $$select current_user::text$$;

--
-- Policies
--

CREATE POLICY cur ON app.other TO postgres USING (true);

CREATE POLICY all_ ON app.t;

CREATE POLICY del ON app.t FOR DELETE TO "kt Writer""x", kt_reader USING ((EXISTS ( SELECT 1
   FROM app.other o
  WHERE ((o.id = t.id) AND (o.owner = CURRENT_USER)))));

CREATE POLICY ins ON app.t FOR INSERT WITH CHECK ((owner = CURRENT_USER));

CREATE POLICY sel ON app.t FOR SELECT USING ((owner = app.me()));
COMMENT ON POLICY sel ON app.t IS 'a policy';

CREATE POLICY upd ON app.t AS RESTRICTIVE FOR UPDATE USING (shared) WITH CHECK ((NOT shared));

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
