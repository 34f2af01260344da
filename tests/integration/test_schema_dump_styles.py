"""``schema-dump``'s choices of what is printed, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from kongtask.database.connection import Target, connect
from kongtask.database.embedded import EMBEDDED_MAJOR
from kongtask.schema.export import parse_export
from tests.programs import run

VIEWS = """
create schema shop;
create table shop.items (id int primary key, price numeric, kind varchar(9)
  check (kind in ('a', 'b')));
create view shop.cheap as select items.id, items.price from shop.items where price < 10;
comment on view shop.cheap is 'Not dear.';
create schema books;
create table books.lent (item int references shop.items (id));
"""


def dump(target: Target, *arguments: str | Path) -> tuple[int, str, str]:
    """Export to stdout with some options."""
    done = run("schema-dump", "-conn", target.conninfo, "-output", "-", *arguments)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def shop(database: Target) -> Target:
    """A database with two schemas, of which one leans on the other."""
    with connect(database) as connection:
        connection.execute(VIEWS)
    return database


def test_several_schemas_come_in_one_file_that_loads(shop: Target, tmp_path: Path) -> None:
    code, text, err = dump(shop, "-schema", "books", "-schema", "shop", "--prove")
    assert code == 0, err
    assert text.startswith("-- Schema:    books, shop\n")
    assert "-- Needs:" not in text
    assert "CREATE TABLE books.lent" in text
    assert "CREATE TABLE shop.items" in text


def test_a_pattern_means_every_schema_that_fits(shop: Target) -> None:
    assert dump(shop, "-schema", "*o*")[1].startswith("-- Schema:    books, shop\n")
    code, _, err = dump(shop, "-schema", "z*")
    assert code == 2
    assert 'no schema in this database fits "z*"' in err


def test_several_schemas_need_a_file_name(shop: Target) -> None:
    done = run("schema-dump", "-conn", shop.conninfo, "-schema", "books", "-schema", "shop")
    assert done.returncode == 2
    assert "several schemas need an -output file" in done.stderr


def test_comments_can_be_left_out(shop: Target) -> None:
    assert "COMMENT ON VIEW shop.cheap" in dump(shop, "-schema", "shop")[1]
    assert "COMMENT ON" not in dump(shop, "-schema", "shop", "--no-comments")[1]


def test_owners_and_privileges_are_printed_when_asked_for(shop: Target) -> None:
    with connect(shop) as connection:
        connection.execute(
            "grant select on shop.items to public; grant usage on schema shop to public"
        )
    plain = dump(shop, "-schema", "shop")[1]
    assert "GRANT" not in plain
    assert "OWNER TO" not in plain
    full = dump(shop, "-schema", "shop", "--owners", "--privileges")[1]
    assert "GRANT SELECT ON TABLE shop.items TO PUBLIC;" in full
    assert "ALTER TABLE shop.items OWNER TO " in full


def test_owners_and_privileges_survive_a_scratch_database(shop: Target) -> None:
    """They are proved too, and a text that takes the way over a reload keeps them."""
    with connect(shop) as connection:
        connection.execute("drop role if exists kt_owner; drop role if exists kt_reader")
        connection.execute(
            "create role kt_owner; create role kt_reader; grant usage on schema shop to kt_owner;"
            "alter table shop.items owner to kt_owner; grant select on shop.items to kt_reader"
        )
        both = ("-schema", "shop", "--owners", "--privileges", "--prove")
        try:
            plain = dump(shop, *both)
            assert plain[0] == 0, plain[2]
            canonical = dump(shop, *both, "--canonical")
            other = dump(shop, *both, "--as", "mall")
            without = dump(shop, "-schema", "shop", "--prove")
        finally:
            connection.execute("drop owned by kt_owner, kt_reader cascade")
            connection.execute("drop role kt_owner; drop role kt_reader")
    for _, text, err in (plain, canonical, other):
        schema = "mall" if text == other[1] else "shop"
        assert f"ALTER TABLE {schema}.items OWNER TO kt_owner;" in text, err
        assert f"GRANT SELECT ON TABLE {schema}.items TO kt_reader;" in text
    assert "makes the same schema there" in without[2]


def test_names_of_not_null_constraints_survive_a_scratch_database(shop: Target) -> None:
    arguments = ("-schema", "books", "-schema", "shop", "--canonical", "--constraint-names=all")
    with connect(shop) as connection:
        if connection.info.server_version < 180000:
            pytest.skip("NOT NULL constraints have names from PostgreSQL 18 on")
        connection.execute("alter table shop.items alter kind set not null")
    assert "CONSTRAINT items_kind_not_null NOT NULL" in dump(shop, *arguments)[1]


def test_another_name_changes_the_name_and_nothing_else(shop: Target) -> None:
    plain = parse_export(dump(shop, "-schema", "shop", "--canonical")[1]).body
    code, text, err = dump(shop, "-schema", "shop", "--canonical", "--as", 'we"ird')
    assert code == 0, err
    quoted = '"we""ird"'
    assert parse_export(text).body == plain.replace("shop.", f"{quoted}.").replace(
        "EXISTS shop;", f"EXISTS {quoted};"
    )


def test_canonical_text_is_the_same_from_every_server(each_database: Target, shop: Target) -> None:
    """PostgreSQL 15 and older print a view's columns with their table, newer ones without."""
    with connect(each_database) as connection:
        connection.execute(VIEWS)
    one = dump(each_database, "-schema", "shop", "--canonical")
    other = dump(shop, "-schema", "shop", "--canonical")
    assert one[0] == other[0] == 0, one[2] + other[2]
    assert parse_export(one[1]).body == parse_export(other[1]).body


def test_canonical_text_comes_from_the_schemas_own_server_if_that_prints_it(
    shop: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That one has the schema's extensions; the embedded server is not even started."""
    with connect(shop) as connection:
        if connection.info.server_version // 10000 != EMBEDDED_MAJOR:
            pytest.skip(f"the default server is not PostgreSQL {EMBEDDED_MAJOR}")
    monkeypatch.setenv("KONGTASK_EMBEDDED_DIR", "/dev/null/none")
    code, text, err = dump(shop, "-schema", "shop", "--canonical")
    assert code == 0, err
    assert "('a'::character varying)::text" in text


def test_a_missing_extension_is_named(each_database: Target) -> None:
    with connect(each_database) as connection:
        has_citext = connection.execute(
            "select 1 from pg_available_extensions where name = 'citext'"
        ).fetchone()
        if not has_citext or connection.info.server_version // 10000 == EMBEDDED_MAJOR:
            pytest.skip("this server has no citext, or is the one that prints canonical text")
        connection.execute(
            "create extension citext; create schema app; create table app.t (a citext)"
        )
    proved = dump(each_database, "-schema", "app", "--prove")
    assert proved[0] == 0, proved[2]
    code, text, err = dump(each_database, "-schema", "app", "--canonical")
    assert (code, text) == (2, "")
    assert "does not have the extension citext" in err


def test_prove_tells_a_reprinted_expression_from_a_loss(shop: Target) -> None:
    """``in ('a', 'b')`` over a varchar is printed with one more cast after a reload."""
    code, _, err = dump(shop, "-schema", "shop", "--prove")
    assert code == 0
    assert "makes the same schema there" in err
    assert "--canonical" in err
    canonical = dump(shop, "-schema", "shop", "--canonical")[1]
    with connect(shop) as connection:
        connection.execute("drop schema shop cascade")
        connection.execute(parse_export(canonical).body.encode())
    assert "exports the same bytes" in dump(shop, "-schema", "shop", "--prove")[2]


@pytest.mark.parametrize("option", ["--prove", "--canonical", "--as=store"])
def test_what_no_schema_owns_and_the_text_leans_on_is_named_with_the_option_that_brings_it(
    shop: Target, option: str
) -> None:
    with connect(shop) as connection:
        connection.execute(
            "create access method heap2 type table handler heap_tableam_handler; "
            "create table shop.aside (id int) using heap2"
        )
    code, _, err = dump(shop, "-schema", "shop", option)
    assert code == 2
    assert 'access method "heap2" does not exist' in err
    assert "leans on access method heap2, which no schema owns: only an export with" in err
    if not option.startswith("--as"):  # one schema and no more
        assert dump(shop, "-schema", "shop", option, "--database-objects")[0] == 0
