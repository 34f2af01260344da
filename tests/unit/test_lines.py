"""Printed text cut at its commas, and lines found again in a text that is not quite the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kongtask.schema.lines import Alignment
from kongtask.schema.printed import items, lists, names


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("(a, b)", ["a", "b"]),
        ("( )", []),
        ("(a, 'x, (y', b)", ["a", "'x, (y'", "b"]),
        ("(a DEFAULT f(1, 2), \"b,)\" integer[])", ["a DEFAULT f(1, 2)", '"b,)" integer[]']),
        (r"(E'\', (', b)", [r"E'\', ('", "b"]),
        ("(a, $x$, ($x$, b) INCLUDE (c)", ["a", "$x$, ($x$", "b"]),
        ("(ARRAY[1, 2], b", ["ARRAY[1, 2]"]),
    ],
)  # fmt: skip
def test_a_list_is_cut_at_its_own_commas(text: str, wanted: list[str]) -> None:
    assert [text[start:end] for start, end in items(text, 0)] == wanted


def test_the_names_of_a_list_are_without_quotes_and_expressions_are_none() -> None:
    found = names('(a, "B""c", lower(d), e DESC, é, "f g")', 0)
    assert found == ["a", 'B"c', None, None, "é", "f g"]


def test_lists_in_lists_and_in_strings_are_no_lists() -> None:
    text = "FOREIGN KEY (a) REFERENCES s.t(b) CHECK ((x = ')(' ))"
    assert [text[offset:][:4] for offset in lists(text)] == ["(a) ", "(b) ", "((x "]


def test_lines_are_found_in_a_text_that_has_moved_on() -> None:
    old = ["a", "b", "c", "d", "e"]
    new = ["new", "a", "b", "C", "e", "f"]
    alignment = Alignment(old, new)
    assert [alignment.line(number) for number in range(1, 6)] == [2, 3, 4, 4, 5]
    assert [Alignment(old, old).line(number) for number in (1, 5)] == [1, 5]
    assert Alignment(old, []).line(3) == 1
    assert Alignment([], new).line(1) == 1


@given(st.lists(st.sampled_from("abcdefgh (),")), st.lists(st.sampled_from("abcdefgh (),")))
def test_whatever_the_texts_are_lines_keep_their_order(old: list[str], new: list[str]) -> None:
    alignment = Alignment(old, new)
    found = [alignment.line(number) for number in range(1, len(old) + 1)]
    assert found == sorted(found)
    assert all(1 <= line <= max(len(new), 1) for line in found)
    same = [new[line - 1] == text for line, text in zip(found, old, strict=True) if new]
    once = [text for text in set(old) & set(new) if old.count(text) == new.count(text) == 1]
    if len(once) == 1:  # one anchor is always taken
        assert same[old.index(once[0])]


@given(st.lists(st.text(), unique=True), st.data())
def test_lines_that_are_left_are_found_again(old: list[str], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.sampled_from(old), unique=True)) if old else []
    new = [text for text in old if text in kept]
    alignment = Alignment(old, new)
    assert [new[alignment.line(old.index(text) + 1) - 1] for text in new] == new
