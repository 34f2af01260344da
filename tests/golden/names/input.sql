-- schemas: we"ird; drop table x -- ;; $$ünï ☃
-- same from: 16
create schema "we""ird; drop table x --";
create schema "$$ünï ☃";
set search_path = "we""ird; drop table x --";
create table "Tab'le""x" ("Col""umn" int primary key, "select" text default 'a''b', "new
line" int check ("new
line" > 0), "semi;" int unique, "ünï" text collate "C", "$1" int, "63_bytes_long_name_äääääääääääääääääääääääääää" int);
create table "exactly_sixty_three_bytes_long_name_of_a_table_x_x_x_x_x_x_x_xx" ("exactly_sixty_three_bytes_long_name_of_a_column_x_x_x_x_x_x_xxx" serial primary key references "Tab'le""x", "ä_exactly_sixty_three_bytes_long_name_of_a_column_x_x_x_x_x_x" int unique);
create index on "exactly_sixty_three_bytes_long_name_of_a_table_x_x_x_x_x_x_x_xx" ("exactly_sixty_three_bytes_long_name_of_a_column_x_x_x_x_x_x_xxx", "ä_exactly_sixty_three_bytes_long_name_of_a_column_x_x_x_x_x_x");
create type "Mo""od" as enum ('a''b', 'c"d', E'e\\f\n');
create domain "D;omain" as "Mo""od" default 'a''b' constraint "ch""eck" check (value <> 'c"d');
create function "f""n"("a""rg" "Mo""od" default 'a''b', out "o;ut" "D;omain") language sql as $$select 'a''b'::"Mo""od"$$;
create function "trig;ger"() returns trigger language plpgsql as 'begin return null; end';
create trigger "tr""ig" before update of "Col""umn", "new
line" on "Tab'le""x" for each row execute function "trig;ger"();
create view "vi""ew" ("a""b", "C") as select "Col""umn", "semi;" from "Tab'le""x" as "al""ias";
create rule "ru;le" as on delete to "vi""ew" do instead nothing;
create policy "po""licy" on "Tab'le""x" using ("Col""umn" > 1);
create sequence "se""q";
create aggregate "ag""g"("x""y" int) (sfunc = int4pl, stype = int);
create collation "co""ll" from "C";
create table "uses" (t text collate "co""ll");
create statistics "st""at" on "Col""umn", "semi;" from "Tab'le""x";
create table "User" ("order" int, "group" int, "window" int, "offset" int, "user" int, "table" int, "values" int, "json" int, "merge_action" int, "system_user" int, "between" int, "timestamp" int, "zone" int, "name" int, "type" int, "key" int, "at" int, "date" int);
create index "in;dex" on "User" ("order", "group", "window") where "user" > 1;
comment on table "Tab'le""x" is E'hostile '' " ; -- /* \\ $$ $body$ \n\\. \t\r\n end';
comment on column "Tab'le""x"."new
line" is 'new
line';
comment on function "f""n"("Mo""od") is '$$';
comment on view "vi""ew" is '';
comment on schema "we""ird; drop table x --" is 'it''s';
create table "$$ünï ☃"."ﷺ 漢字 עברית" (m "Mo""od"[], d "D;omain", f int references "Tab'le""x");
create view "we""ird; drop table x --".back as select * from "$$ünï ☃"."ﷺ 漢字 עברית";
create table "Parent" (a int, "B b" text) partition by list ("B b");
create table "Part""1" partition of "Parent" for values in ('it''s', '"', E'\n');
create index on "Parent" (a, lower("B b"));
