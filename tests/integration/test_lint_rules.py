"""Each rule about schemas, on a schema that breaks it and on ones that look like it and do not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from kongtask.database.connection import Connection
from kongtask.names import quote_identifier
from kongtask.schema import read_database
from kongtask.schema.diff import title
from kongtask.schema.lint import RULES, Problem, lint
from kongtask.schema.model import Database, Kind, Ref

START, *SECTIONS = re.split(
    r"^-- (?=breaks |keeps )",
    (Path(__file__).parent / "lint_rules.sql").read_text().replace("~", ""),
    flags=re.MULTILINE,
)


class Case(NamedTuple):
    """Statements, and the objects that a rule finds in what they make."""

    rule: str
    text: str
    wanted: list[str]


def read_case(section: str) -> Case:
    head, _, text = section.partition("\n")
    words, _, wanted = head.partition(": ")
    return Case(words.split()[1], text, wanted.split(" | ") if wanted else [])


CASES = [read_case(section) for section in SECTIONS]


def problems(connection: Connection, text: str, *rules: str) -> list[Problem]:
    connection.execute((START + text).encode())
    return [problem for _, problem in lint(model(connection), rules or RULES)]


def model(connection: Connection) -> Database:
    return read_database(connection, ["app"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.rule))
def test_a_rule_finds_what_breaks_it_and_nothing_else(case: Case, connection: Connection) -> None:
    found = problems(connection, case.text, case.rule)
    assert sorted({title(problem.ref) for problem in found}) == case.wanted
    assert len({(problem.ref, problem.message) for problem in found}) == len(found)
    for problem in found:
        assert problem.hint
        assert "hunter22" not in problem.message + problem.hint


def test_every_rule_is_tested_both_ways_and_describes_itself() -> None:
    assert {case.rule for case in CASES if case.wanted} == RULES.keys()
    assert {case.rule for case in CASES if not case.wanted} == RULES.keys()
    for id_, found in RULES.items():
        assert found.rule.id == id_
        assert found.rule.description.endswith(".")
        assert found.rule.rationale.endswith(".")


def test_an_empty_schema_breaks_no_rule(connection: Connection) -> None:
    connection.execute("create schema app")
    assert list(lint(model(connection), RULES)) == []


def test_rules_take_every_name(connection: Connection) -> None:
    """Names with all that could end a quotation or look like a clause; findings carry them."""
    name = "\"b(c),d'e\n WHERE f"
    quoted = quote_identifier(name)
    text = f"""
    create table app.{quoted} ({quoted} bigint constraint {quoted} references app.one, x int);
    create index {quote_identifier(name + "1")} on app.{quoted} (x, {quoted}) where {quoted} > 1;
    create index {quote_identifier(name + "2")} on app.{quoted} (x, {quoted}) where {quoted} > 1;
    create index {quote_identifier(name + "3")} on app.{quoted} (x) where {quoted} > 1;
    alter table app.{quoted} enable row level security;
    create view app.v as select * from app.{quoted};
    """
    connection.execute((START + text).encode())
    found = {(rule.rule.id, problem.ref) for rule, problem in lint(model(connection), RULES)}
    assert found == {
        ("no-primary-key", Ref(Kind.TABLE, "app", name)),
        ("unindexed-foreign-key", Ref(Kind.CONSTRAINT, "app", name, name)),
        ("duplicate-index", Ref(Kind.INDEX, "app", f"{name}2")),
        ("redundant-index", Ref(Kind.INDEX, "app", f"{name}3")),
        ("rls-without-policy", Ref(Kind.TABLE, "app", name)),
        ("view-bypasses-rls", Ref(Kind.VIEW, "app", "v")),
    }
