SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TEXT SEARCH TEMPLATE app.simple_t (
    INIT = dsimple_init,
    LEXIZE = dsimple_lexize
);
COMMENT ON TEXT SEARCH TEMPLATE app.simple_t IS 'template';

CREATE TEXT SEARCH DICTIONARY app.dict (
    TEMPLATE = app.simple_t,
    accept = 'false'
);
COMMENT ON TEXT SEARCH DICTIONARY app.dict IS 'dict';

CREATE TEXT SEARCH PARSER app.parser (
    START = prsd_start,
    GETTOKEN = prsd_nexttoken,
    END = prsd_end,
    HEADLINE = prsd_headline,
    LEXTYPES = prsd_lextype
);
COMMENT ON TEXT SEARCH PARSER app.parser IS 'parser';

CREATE TEXT SEARCH DICTIONARY app.snow (
    TEMPLATE = snowball,
    language = 'english', stopwords = 'english'
);

CREATE TEXT SEARCH CONFIGURATION app.conf (
    PARSER = app.parser
);
ALTER TEXT SEARCH CONFIGURATION app.conf ADD MAPPING FOR asciiword WITH app.dict, app.snow, simple;
ALTER TEXT SEARCH CONFIGURATION app.conf ADD MAPPING FOR host WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.conf ADD MAPPING FOR url WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.conf ADD MAPPING FOR word WITH app.dict, app.snow, simple;
COMMENT ON TEXT SEARCH CONFIGURATION app.conf IS 'conf';

CREATE TABLE app.docs (
    body text,
    v tsvector GENERATED ALWAYS AS (to_tsvector('app.conf'::regconfig, body)) STORED
);

--
-- Indexes
--

CREATE TEXT SEARCH CONFIGURATION app.copied (
    PARSER = "default"
);
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR asciihword WITH english_stem;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR asciiword WITH english_stem;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR email WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR file WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR "float" WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR host WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR hword WITH english_stem;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR hword_asciipart WITH english_stem;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR hword_numpart WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR hword_part WITH english_stem;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR "int" WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR numhword WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR numword WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR sfloat WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR uint WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR url WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR url_path WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR version WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.copied ADD MAPPING FOR word WITH english_stem;

CREATE INDEX docs_to_tsvector_idx ON app.docs USING gin (to_tsvector('app.copied'::regconfig, body));

--
-- Text search
--

CREATE TEXT SEARCH CONFIGURATION app.empty (
    PARSER = "default"
);

CREATE TEXT SEARCH TEMPLATE app.no_init (
    LEXIZE = dsimple_lexize
);

CREATE TEXT SEARCH DICTIONARY app.syn (
    TEMPLATE = simple,
    accept = 'true'
);

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
