SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TABLE app.parted (
    a integer,
    b integer
)
PARTITION BY LIST (a)
USING kt_rows;

CREATE TABLE app.attached (
    b integer,
    a integer
);
ALTER TABLE ONLY app.parted ATTACH PARTITION app.attached FOR VALUES IN (6);

CREATE TABLE app.parted_1 PARTITION OF app.parted
FOR VALUES IN (1)
USING kt_rows;

CREATE TABLE app.parted_2 PARTITION OF app.parted
FOR VALUES IN (2)
USING heap;

CREATE TABLE app.parted_3 PARTITION OF app.parted
FOR VALUES IN (3)
PARTITION BY LIST (b)
USING kt_rows;

CREATE TABLE app.parted_3_1 PARTITION OF app.parted_3
FOR VALUES IN (1)
USING kt_rows;

CREATE TABLE app.parted_4 PARTITION OF app.parted
FOR VALUES IN (4)
PARTITION BY LIST (b)
USING heap;

CREATE TABLE app.parted_4_1 PARTITION OF app.parted_4
FOR VALUES IN (1)
USING heap;

CREATE TABLE app.parted_5 PARTITION OF app.parted
FOR VALUES IN (5)
PARTITION BY LIST (b);
ALTER TABLE ONLY app.parted_5 SET ACCESS METHOD DEFAULT;

CREATE TABLE app.parted_5_1 PARTITION OF app.parted_5
FOR VALUES IN (1);

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
