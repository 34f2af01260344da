"""The caret stands under the character."""

from __future__ import annotations

import pytest

from kongtask.place import find_place


@pytest.mark.parametrize(
    ("line", "index", "expected"),
    [
        ("select x", 7, "       ^"),
        ("\tselect x", 8, "\t       ^"),
        ("表 x", 2, "   ^"),
        ("", 0, "^"),
    ],
)
def test_caret(line: str, index: int, expected: str) -> None:
    """Tabs stay tabs, wide characters count twice."""
    picture = find_place("a.sql", f"one\n{line}\nthree", 4 + index).picture()
    assert picture == f" --> a.sql:2:{index + 1}\n2 | {line}\n  | {expected}"


def test_long_line_is_cut_around_the_caret() -> None:
    """A line of a megabyte does not flood the terminal."""
    line = "x" * 5000 + "!" + "y" * 5000
    shown, caret = find_place("a.sql", line, 5000).picture().splitlines()[1:]
    assert len(shown) < 120
    assert shown[caret.index("^")] == "!"


def test_control_characters_are_not_printed() -> None:
    """A file cannot move the cursor of whoever reads its error."""
    assert "\x1b" not in find_place("a.sql", "select '\x1b[2J'", 3).picture()


def test_end_of_file() -> None:
    """An error at the end of the input has a place too."""
    assert str(find_place("a.sql", "select\n", 99)) == "a.sql:2:1"
