SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS public;

--
-- Tables
--

CREATE TABLE public.t (
    a integer NOT NULL,
    CONSTRAINT t_pkey PRIMARY KEY (a)
);
COMMENT ON TABLE public.t IS 'in public';

--
-- Views
--

CREATE VIEW public.v AS
 SELECT a
   FROM public.t;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
