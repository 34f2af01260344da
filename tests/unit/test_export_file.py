"""The export file's header and the rules of its timestamp."""

from __future__ import annotations

import pytest

from kongtask.errors import UsageError
from kongtask.schema.export import make_export, parse_export, sha256
from kongtask.schema.model import Requirement

BODY = "CREATE SCHEMA IF NOT EXISTS x;\n\nSELECT 1;\n"
AT_ZERO = {"SOURCE_DATE_EPOCH": "0"}
LATER = {"SOURCE_DATE_EPOCH": "86400"}


def test_a_file_that_was_made_is_read_back_as_it_is() -> None:
    made = make_export("x", BODY, environ=AT_ZERO)
    read = parse_export(made.text)
    assert read == made
    assert read.generated == "1970-01-01T00:00:00Z"
    assert not read.is_edited
    assert sha256(BODY) in made.header


def test_the_first_earlier_file_with_the_same_body_lends_its_timestamp() -> None:
    first = make_export("x", BODY, environ=AT_ZERO).text
    second = make_export("x", BODY, environ=LATER).text
    other = make_export("x", "SELECT 2;\n", environ=LATER).text
    made = make_export("x", BODY, earlier=[None, other, first, second], environ={})
    assert made.text == first


def test_a_new_body_gets_the_present_time() -> None:
    other = make_export("x", "SELECT 2;\n", environ=AT_ZERO).text
    made = make_export("x", BODY, earlier=[other], environ=LATER)
    assert made.generated == "1970-01-02T00:00:00Z"


def test_an_edit_is_told_and_undone_under_the_timestamp_that_was_there() -> None:
    good = make_export("x", BODY, environ=AT_ZERO).text
    edited = good.replace("SELECT 1", "SELECT 3")
    assert parse_export(edited).is_edited
    assert make_export("x", BODY, earlier=[edited], environ=LATER).text == good


def test_a_file_without_a_header_is_all_body() -> None:
    assert parse_export(BODY).body == BODY
    assert parse_export("").generated is None
    assert not parse_export(BODY).is_edited


def test_needs_are_listed_and_no_name_leaves_its_line() -> None:
    needs = [
        Requirement(kind="extension", name="citext", schema="public"),
        Requirement(kind="schema", name="a\nDROP TABLE b;--\u2028x"),
    ]
    header = make_export("x\ny", BODY, needs, environ=AT_ZERO).header
    assert "-- Needs:     extension citext in schema public" in header
    assert "-- Needs:     schema a\\nDROP TABLE b;--\\u2028x" in header
    assert all(line.startswith("--") for line in header.splitlines())


@pytest.mark.parametrize("epoch", ["", "soon", "1e9", "9" * 30])
def test_a_bad_source_date_epoch_is_an_error(epoch: str) -> None:
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        make_export("x", BODY, environ={"SOURCE_DATE_EPOCH": epoch})
