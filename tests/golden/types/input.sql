-- from: 14
create schema app;

create type app.mood as enum ('sad', 'ok', 'happy');
alter type app.mood add value 'so-so' before 'ok';
alter type app.mood add value 'it''s "great"\n' after 'happy';
create type app.empty_enum as enum ();

create type app.address as (street text collate "C", number varchar(10), tags text[], at timestamp(3) with time zone);
create type app.nothing as ();
create type app.nested as (here app.address, there app.address[], feel app.mood);
alter type app.nested add attribute gone int;
alter type app.nested drop attribute gone;
comment on type app.nested is 'nested';
comment on column app.nested.feel is 'how it feels';

create domain app.positive as integer constraint must_be_positive check (value > 0) not null default 1;
create domain app.tight as app.positive check (value < 100) check (value <> 13);
create domain app.code as varchar(8) collate "C" default 'x''y' check (value ~ '^\w+$');
create domain app.codes as app.code[];
alter domain app.code add constraint later check (length(value) > 1) not valid;
create domain app.many as numeric(12, 2)[];
comment on domain app.positive is 'above zero';
comment on constraint must_be_positive on domain app.positive is 'really';
create domain app.moody as app.mood default 'ok';
create domain app.addressed as app.address check ((value).street is not null);

create type app.float_range as range (subtype = float8, subtype_diff = float8mi);
create type app.text_range as range (subtype = text, collation = "C", subtype_opclass = text_pattern_ops,
  multirange_type_name = app.texts);
create type app.spans as range (subtype = timestamp, multirange_type_name = span_set);
create type app.range_of_range_range as range (subtype = int4);
comment on type app.float_range is 'range';
create table app.uses (f app.float_range, m app.texts, a app.texts[], x app.spans[], e app.mood[] default array['ok'::app.mood],
  p app.positive, c app.code collate "POSIX", many app.many);

-- a base type, its functions made from built-in ones
create type app.whole;
create function app.whole_in(cstring) returns app.whole language internal immutable strict as 'int4in';
create function app.whole_out(app.whole) returns cstring language internal immutable strict as 'int4out';
create function app.whole_recv(internal) returns app.whole language internal immutable strict as 'int4recv';
create function app.whole_send(app.whole) returns bytea language internal immutable strict as 'int4send';
create type app.whole (
  input = app.whole_in, output = app.whole_out, receive = app.whole_recv, send = app.whole_send,
  like = pg_catalog.int4, category = 'N', preferred = false, default = '7', delimiter = ';', collatable = false
);
comment on type app.whole is 'an integer again';
create type app.words;
create function app.words_in(cstring, oid, int4) returns app.words language internal immutable strict as 'varcharin';
create function app.words_out(app.words) returns cstring language internal immutable strict as 'varcharout';
create function app.words_mod_in(cstring[]) returns int4 language internal immutable strict as 'varchartypmodin';
create function app.words_mod_out(int4) returns cstring language internal immutable strict as 'varchartypmodout';
create type app.words (input = app.words_in, output = app.words_out, typmod_in = app.words_mod_in,
  typmod_out = app.words_mod_out, internallength = variable, storage = extended, alignment = int4, category = 'S', collatable = true);
create type app.pair_of_float;
create function app.pair_in(cstring) returns app.pair_of_float language internal immutable strict as 'point_in';
create function app.pair_out(app.pair_of_float) returns cstring language internal immutable strict as 'point_out';
create type app.pair_of_float (input = app.pair_in, output = app.pair_out, internallength = 16, alignment = double, element = float8);
create table app.holds (w app.whole default '3', ws app.whole[], t app.words(20) collate "C", p app.pair_of_float);

create type app.just_a_shell;
comment on type app.just_a_shell is 'never filled';

-- a range with a canonical function
create type app.steps;
create function app.steps_canonical(app.steps) returns app.steps language internal immutable strict as 'int4range_canonical';
create function app.distance(a integer, b integer) returns double precision language sql immutable as 'select (a - b)::float8';
create type app.steps as range (subtype = integer, canonical = app.steps_canonical, subtype_diff = app.distance);
create table app.walks (s app.steps, d app.steps[]);

-- types in a circle through a function
create type app.money_ish as (amount numeric, currency text);
create function app.is_money(m app.money_ish) returns boolean language sql immutable as 'select (m).amount is not null';
create domain app.real_money as app.money_ish check (app.is_money(value));
create type app.wallet as (owner text, content app.real_money[]);
