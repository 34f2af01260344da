SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Extensions
--

CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA app;

CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA app;

CREATE EXTENSION IF NOT EXISTS postgres_fdw WITH SCHEMA app;

--
-- Owners
--

ALTER SCHEMA app OWNER TO postgres;

--
-- Privileges
--

GRANT ALL ON FOREIGN DATA WRAPPER postgres_fdw TO kt_reader;
GRANT ALL ON FUNCTION app.hstore_in(cstring) TO kt_reader WITH GRANT OPTION;
REVOKE ALL ON FUNCTION app.hstore_out(app.hstore) FROM PUBLIC;
REVOKE SELECT ON TABLE app.pg_stat_statements FROM PUBLIC;
GRANT SELECT (calls) ON TABLE app.pg_stat_statements TO kt_reader;
GRANT SELECT (query) ON TABLE app.pg_stat_statements TO kt_reader;
REVOKE ALL ON TYPE app.hstore FROM PUBLIC;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
