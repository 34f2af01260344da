"""The lines of objects in an export, on the golden cases and on text that could mislead."""

from __future__ import annotations

import pytest

from kongtask.database.connection import Connection
from kongtask.names import quote_identifier
from kongtask.schema import read_database
from kongtask.schema.diff.inventory import inventory
from kongtask.schema.lines import line_of, lines
from kongtask.schema.lint import RULES, lint
from kongtask.schema.model import Database, Kind, Ref
from kongtask.schema.render import render
from tests.golden.cases import CASES, Case

CHOSEN = [
    case
    for case in CASES
    if not case.surroundings and case.needs is None and case.oldest <= 16 and not case.objects
]

#: What a line of an object begins with, after its indentation.
BEGINNINGS = {
    Kind.COLUMN: ("",),
    Kind.CONSTRAINT: ("CONSTRAINT ", "ALTER "),
    Kind.INDEX: ("CREATE INDEX ", "CREATE UNIQUE INDEX ", "CONSTRAINT ", "ALTER "),
}


def read(connection: Connection, text: str, schemas: tuple[str, ...] = ("app",)) -> Database:
    connection.execute(text.encode())
    return read_database(connection, list(schemas))


def line_in(database: Database, ref: Ref) -> str:
    line = line_of(lines(database), ref)
    assert line is not None
    return render(*database.schemas, database=database).split("\n")[line - 1]


@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: str(case.folder.name))
def test_the_line_of_an_object_begins_what_makes_it(case: Case, connection: Connection) -> None:
    database = read(connection, case.text, case.schemas)
    text = render(*database.schemas, database=database).split("\n")
    found = lines(database)
    known = inventory(database)
    assert found.keys() & known.keys()
    for ref in found.keys() & known.keys():
        line = text[found[ref] - 1].strip()
        name = (ref.detail if ref.kind in BEGINNINGS else ref.name) or ref.name
        if ref.kind is Kind.SCHEMA:
            name = ref.schema
        first = quote_identifier(name).split("\n")[0]
        assert line.startswith(BEGINNINGS.get(ref.kind, ("CREATE ", "ALTER "))), (ref, line)
        if ref.kind is Kind.COLUMN:
            assert line.startswith(first.rstrip()), (ref, line)
        elif ref.kind in {Kind.TABLE, Kind.VIEW, Kind.INDEX, Kind.CONSTRAINT} and name:
            assert first in line, (ref, line)
    for rule, problem in lint(database, RULES):
        assert line_of(found, problem.ref, problem.owner) is not None, (rule.rule.id, problem.ref)


def test_every_table_with_its_columns_and_keys_has_a_line(connection: Connection) -> None:
    case = next(case for case in CASES if case.folder.name == "tables")
    database = read(connection, case.text)
    found = lines(database)
    for table in database.schemas[0].tables:
        assert table.ref in found
        for constraint in table.constraints:
            assert table.part(Kind.CONSTRAINT, constraint.name) in found
        if not table.parents and table.of_type is None:
            for column in table.columns:
                assert table.part(Kind.COLUMN, column.name) in found


def test_text_that_looks_like_a_column_misleads_nobody(connection: Connection) -> None:
    database = read(
        connection,
        """
        create schema app;
        create table app.t (
          a text default E'x,\n    b integer,\n    CONSTRAINT k CHECK (true\\\\'')',
          "b,""(
    c" int,
          c int check (c in (1, 2)),
          constraint "k
    d" check (c > 0)
        );
        """,
    )
    table = database.schemas[0].tables[0].ref
    assert line_in(database, table) == "CREATE TABLE app.t ("
    column, key = (
        Ref(Kind.COLUMN, "app", "t", 'b,"(\n    c'),
        Ref(Kind.CONSTRAINT, "app", "t", "k\n    d"),
    )
    assert line_in(database, column) == '    "b,""('
    assert line_in(database, Ref(Kind.COLUMN, "app", "t", "c")) == "    c integer,"
    assert line_in(database, key) == '    CONSTRAINT "k'


def test_the_search_path_before_a_table_is_not_its_line(connection: Connection) -> None:
    case = next(case for case in CASES if case.folder.name == "search_path")
    database = read(connection, case.text)
    found = [table.ref for table in database.schemas[0].tables if table.search_path]
    assert found
    for ref in found:
        assert line_in(database, ref).startswith("CREATE TABLE ")


def test_a_part_without_a_line_of_its_own_has_its_owner_s(connection: Connection) -> None:
    database = read(connection, "create schema app; create view app.v as select 1 as a, 2 as b;")
    assert line_in(database, Ref(Kind.COLUMN, "app", "v", "b")) == "CREATE VIEW app.v AS"
    assert line_of(lines(database), Ref(Kind.TABLE, "app", "none")) is None
