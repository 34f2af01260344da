SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TABLE app.t (
    a integer NOT NULL,
    b integer GENERATED ALWAYS AS ((a + 1)) STORED,
    CONSTRAINT t_pkey PRIMARY KEY (a)
);

--
-- Functions
--

CREATE FUNCTION app.on_login()
    RETURNS event_trigger
    LANGUAGE plpgsql
    AS $$begin end$$;

--
-- Publications
--

CREATE PUBLICATION kt_chosen
    FOR TABLE ONLY app.t (a, b);

CREATE PUBLICATION kt_generated
    FOR TABLE ONLY app.t
    WITH (publish = 'insert', publish_generated_columns = stored);

--
-- Owners
--

ALTER PUBLICATION kt_chosen OWNER TO postgres;
ALTER PUBLICATION kt_generated OWNER TO postgres;
ALTER SCHEMA app OWNER TO postgres;
ALTER TABLE app.t OWNER TO postgres;
ALTER FUNCTION app.on_login() OWNER TO postgres;

--
-- Privileges
--

ALTER DEFAULT PRIVILEGES FOR ROLE kt_owner GRANT SELECT ON LARGE OBJECTS TO kt_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE kt_owner REVOKE MAINTAIN ON TABLES FROM kt_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE kt_owner GRANT MAINTAIN ON TABLES TO kt_reader;

--
-- Event triggers
--

CREATE EVENT TRIGGER kt_login ON login
    EXECUTE FUNCTION app.on_login();

--
-- Owners of event triggers
--

ALTER EVENT TRIGGER kt_login OWNER TO postgres;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
