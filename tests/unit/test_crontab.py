"""A crontab is read as written, and every fault in it is shown in its place."""

from __future__ import annotations

import string
from datetime import timedelta

import pytest

from kongtask.cron import CronItem, Pattern, parse_crontab, render_crontab
from kongtask.cron.pattern import values_of
from kongtask.errors import CrontabError


def item_of(line: str) -> CronItem:
    (item,) = parse_crontab(line)
    return item


def pattern_of(fields: str) -> Pattern:
    pattern = item_of(f"{fields} task").match
    assert isinstance(pattern, Pattern)
    return pattern


def faults_of(text: str) -> list[tuple[int, int]]:
    """Return line and column of each fault."""
    with pytest.raises(CrontabError) as raised:
        parse_crontab(text)
    return [(line, column) for line, column, _ in raised.value.faults]


def reason_of(line: str) -> str:
    with pytest.raises(CrontabError) as raised:
        parse_crontab(line)
    ((_, _, reason),) = raised.value.faults
    return reason


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("*", range(60)),
        ("5", [5]),
        ("05", [5]),
        ("0", [0]),
        ("59", [59]),
        ("1,3,2", [1, 2, 3]),
        ("1,1", [1]),
        ("0-59", range(60)),
        ("3-5,4-7", [3, 4, 5, 6, 7]),
        ("*/15", [0, 15, 30, 45]),
        ("*/60", [0]),
        ("*/100", [0]),
        ("*/1", range(60)),
        ("*/30,7", [0, 7, 30]),
        ("*,5", range(60)),
    ],
)
def test_a_field_stands_for_its_values(field: str, expected: list[int]) -> None:
    assert list(values_of(pattern_of(f"{field} * * * *").minutes)) == list(expected)


def test_steps_count_from_the_least_value_of_the_field() -> None:
    """Not from 0, whatever is divisible: the first day of the month is 1."""
    pattern = pattern_of("*/20 */9 */10 */5 */3")
    assert list(values_of(pattern.minutes)) == [0, 20, 40]
    assert list(values_of(pattern.hours)) == [0, 9, 18]
    assert list(values_of(pattern.dates)) == [1, 11, 21, 31]
    assert list(values_of(pattern.months)) == [1, 6, 11]
    assert list(values_of(pattern.days)) == [0, 3, 6]


@pytest.mark.parametrize(
    ("field", "expected"),
    [("7", [0]), ("0", [0]), ("0,7", [0]), ("5-7", [0, 5, 6]), ("0-7", range(7)), ("6-7", [0, 6])],
)
def test_sunday_is_0_and_7(field: str, expected: list[int]) -> None:
    assert list(values_of(pattern_of(f"* * * * {field}").days)) == list(expected)


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ("60 * * * *", 1),
        ("0-60 * * * *", 3),
        ("* 24 * * *", 3),
        ("* * 0 * *", 5),
        ("* * 32 * *", 5),
        ("* * * 0 *", 7),
        ("* * * 13 *", 7),
        ("* * * * 8", 9),
        ("5-5 * * * *", 1),
        ("5-3 * * * *", 1),
        ("*/0 * * * *", 3),
        ("1,,2 * * * *", 3),
        (",1 * * * *", 1),
        ("1, * * * *", 3),
        ("1-5/2 * * * *", 1),
        ("0,1-5/2 * * * *", 3),
        ("-1 * * * *", 1),
        ("+1 * * * *", 1),
        ("1.5 * * * *", 1),
        ("1- * * * *", 1),
        ("1-2-3 * * * *", 1),
        ("*/ * * * *", 1),
        ("** * * * *", 1),
        ("*-5 * * * *", 1),
        ("/5 * * * *", 1),
        ("* * * jan *", 7),
        ("* * * * mon", 9),
        ("٣ * * * *", 1),
        ("9" * 5000 + " * * * *", 1),
        ("0" * 5000 + "61 * * * *", 1),
    ],
)
def test_a_field_that_cannot_be_read_has_its_place(fields: str, column: int) -> None:
    assert faults_of(f"{fields} task") == [(1, column)]


def test_leading_zeros_do_not_matter() -> None:
    assert pattern_of("0" * 5000 + "7 * * * *") == pattern_of("7 * * * *")


@pytest.mark.parametrize("task", ["t", "_t", "T9", "a:b/c-d_e", "t:", "t" * 128])
def test_a_task_identifier(task: str) -> None:
    item = item_of(f"* * * * * {task}")
    assert (item.task_identifier, item.identifier) == (task, task)


@pytest.mark.parametrize(
    ("task", "column"),
    [("1t", 11), ("-t", 11), ("a.b", 12), ("tä", 12), ("*", 11), ("t?id=x", 12), ("t{a:1}", 12),
     ("t" * 129, 11), ("?id=x", 11), ("{}", 11)],
)  # fmt: skip
def test_no_task_identifier(task: str, column: int) -> None:
    assert faults_of(f"* * * * * {task}") == [(1, column)]


@pytest.mark.parametrize("line", ["*", "* * * * *", "* * * * task", "@daily task", "x"])
def test_a_line_has_six_words(line: str) -> None:
    assert "five fields" in reason_of(line)


def test_white_space_blank_lines_and_comments() -> None:
    """LF or CRLF, spaces and tabs of any kind, before, between and behind; a byte order mark."""
    text = (
        "\ufeff* *\t*  * *\xa0a \r\n\r\n  # comment\n\t* * * * * b\t{ x : 1 }\t\n\n#\n* * * * * c"
    )
    assert [item.identifier for item in parse_crontab(text)] == ["a", "b", "c"]


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "  \r\n"])
def test_a_crontab_may_be_empty(text: str) -> None:
    assert parse_crontab(text) == ()


def test_every_option() -> None:
    item = item_of(
        "* * * * * task ?id=x-1&fill=4w3d2h1m5s&max=3&queue=a-b_c:1&jobKey=k%20+1%3d"
        "&jobKeyMode=preserve_run_at&priority=-5"
    )
    assert (item.task_identifier, item.identifier) == ("task", "x-1")
    assert item.backfill_period == timedelta(weeks=4, days=3, hours=2, minutes=1, seconds=5)
    assert (item.max_attempts, item.queue_name, item.priority) == (3, "a-b_c:1", -5)
    assert (item.job_key, item.job_key_mode) == ("k  1=", "preserve_run_at")


def test_what_is_not_said_is_left_to_add_job() -> None:
    item = item_of("* * * * * task")
    assert (item.backfill_period, item.payload) == (timedelta(0), None)
    assert (item.max_attempts, item.queue_name, item.priority) == (None, None, None)
    assert (item.job_key, item.job_key_mode) == (None, None)


def test_a_job_key_is_replaced_unless_said_otherwise() -> None:
    assert item_of("* * * * * t ?jobKey=k").job_key_mode == "replace"
    assert item_of("* * * * * t ?jobKeyMode=preserve_run_at").job_key is None


@pytest.mark.parametrize(
    ("query", "attribute", "value"),
    [
        ("max=1", "max_attempts", 1),
        ("max=003", "max_attempts", 3),
        ("max=32767", "max_attempts", 32767),
        ("priority=32767", "priority", 32767),
        ("priority=-32768", "priority", -32768),
        ("fill=0s", "backfill_period", timedelta(0)),
        ("fill=1m1m", "backfill_period", timedelta(minutes=2)),
        ("fill=99999999999w", "backfill_period", timedelta.max),
        ("fill=" + "9" * 5000 + "s", "backfill_period", timedelta.max),
        ("fill=1m4w", "backfill_period", timedelta(weeks=4, minutes=1)),
        ("jobKey=%zz", "job_key", "%zz"),
        ("jobKey=a=b", "job_key", "a=b"),
        ("jobKey=x#y", "job_key", "x#y"),
        ("jobKey=" + "k" * 512, "job_key", "k" * 512),
        ("queue=" + "q" * 128, "queue_name", "q" * 128),
        ("&id=x&", "identifier", "x"),
        ("%69d=x", "identifier", "x"),
    ],
)
def test_an_option(query: str, attribute: str, value: object) -> None:
    assert getattr(item_of(f"* * * * * t ?{query}"), attribute) == value


@pytest.mark.parametrize(
    ("query", "column"),
    [
        ("", 13),
        ("x=1", 14),
        ("ID=x", 14),
        ("?id=x", 14),
        ("id=x&id=y", 19),
        ("id=x&max=1&max=1", 25),
        ("id=", 17),
        ("id", 16),
        ("id=1x", 17),
        ("id=a:b", 17),
        ("id=x;max=3", 17),
        ("fill=", 19),
        ("fill=1", 19),
        ("fill=1y", 19),
        ("fill=1H", 19),
        ("fill=1.5h", 19),
        ("fill=-1h", 19),
        ("fill=1h+1m", 19),
        ("max=0", 18),
        ("max=32768", 18),
        ("max=-1", 18),
        ("max=1e3", 18),
        ("max=٣", 18),
        ("max=" + "9" * 5000, 18),
        ("priority=+5", 23),
        ("priority=-", 23),
        ("priority=1.5", 23),
        ("priority=32768", 23),
        ("priority=-32769", 23),
        ("queue=a.b", 20),
        ("queue=" + "q" * 129, 20),
        ("jobKey=", 21),
        ("jobKey=" + "k" * 513, 21),
        ("jobKey=%00", 21),
        ("jobKeyMode=unsafe_dedupe", 25),
        ("jobKeyMode=", 25),
        ("id=x ?max=1", 19),
        ("id=x []", 19),
    ],
)
def test_an_option_that_cannot_be_read_has_its_place(query: str, column: int) -> None:
    assert faults_of(f"* * * * * t ?{query}") == [(1, column)]


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("{}", {}),
        ("{a:1}", {"a": 1}),
        ("{ 'a b': 'x', \"c\": [1, .5, +2, 0xff,], }", {"a b": "x", "c": [1, 0.5, 2, 255]}),
        ("{a: null, b: true, c: {d: 'ü'}}", {"a": None, "b": True, "c": {"d": "ü"}}),
        ("{/* why */ a: 1}", {"a": 1}),
        ("{a: 1} // {b: 2}", {"a": 1}),
        ("{a: 1, a: 2}", {"a": 2}),
        ("{a: '?id=x # y'}", {"a": "?id=x # y"}),
        ("{_cron: 1}", {"_cron": 1}),
        ("{a: 12345678901234567890}", {"a": 12345678901234567890}),
    ],
)
def test_a_payload(text: str, payload: object) -> None:
    assert item_of(f"* * * * * t {text}").payload == payload
    assert item_of(f"* * * * * t ?max=1 {text}").payload == payload


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("{a}", 15),
        ("{a:}", 16),
        ("{a:1}}", 18),
        ("{a:01}", 17),
        ("{a:[1,,2]}", 19),
        ("{a:undefined}", 16),
        ("{1:2}", 14),
        ("{a:1} x", 19),
        ("{a:1} // c", 22),
        ("{a:1 // }", 13),
        ("{a:NaN}", 13),
        ("{a:-Infinity}", 13),
        ("{a:1e400}", 16),
        ("{a:'\\ud800'}", 22),
        ("{a:1", 16),
        ("[1]", 13),
        ("null", 13),
        ("# comment", 13),
        ("{a:" + "[" * 500 + "]" * 500 + "}", None),
    ],
)
def test_a_payload_that_cannot_be_read_has_its_place(text: str, column: int | None) -> None:
    ((line, found),) = faults_of(f"* * * * * t {text}")
    assert line == 1
    assert column in {None, found}


def test_two_schedules_cannot_have_one_identifier() -> None:
    """The database could not tell them apart; the later one is shown."""
    assert faults_of("* * * * * a\n* * * * * b ?id=a\n* * * * * b\n  * * * * * b") == [
        (2, 11),
        (4, 13),
    ]
    assert "line 1" in reason_of("* * * * * a\n\n* * * * * a")


def test_every_fault_is_told_at_once_with_its_line_and_a_caret() -> None:
    text = "# mine\n* * * * * a\n60 25 * * * b ?max=0 {a:}\n\t@daily c\n"
    with pytest.raises(CrontabError) as raised:
        parse_crontab(text, source="etc/crontab")
    assert str(raised.value) == (
        "etc/crontab has 5 faults\n"
        "there is no minute '60': minutes go from 0 to 59\n"
        " --> etc/crontab:3:1\n"
        "3 | 60 25 * * * b ?max=0 {a:}\n"
        "  | ^\n"
        "there is no hour '25': hours go from 0 to 23\n"
        " --> etc/crontab:3:4\n"
        "3 | 60 25 * * * b ?max=0 {a:}\n"
        "  |    ^\n"
        "max cannot be '0': it is a number from 1 to 32767\n"
        " --> etc/crontab:3:20\n"
        "3 | 60 25 * * * b ?max=0 {a:}\n"
        "  |                    ^\n"
        "the payload is no JSON5: '}' cannot stand here\n"
        " --> etc/crontab:3:25\n"
        "3 | 60 25 * * * b ?max=0 {a:}\n"
        "  |                         ^\n"
        "'@daily' is not known: a line is five fields (minute, hour, day of the month, month, "
        "day of the week) and a task; 0 0 * * * is once a day\n"
        " --> etc/crontab:4:2\n"
        "4 | \t@daily c\n"
        "  | \t^"
    )


@pytest.mark.parametrize(
    "garbage",
    ["\x00" * 50, "\x1b[2J" * 9, "@\x1b[2J", "\x1b " * 9, string.printable, "ÿ" * 99, "9" * 9999],
)
def test_garbage_is_an_error_like_any_other(garbage: str) -> None:
    """One that neither floods a terminal nor moves its cursor."""
    with pytest.raises(CrontabError) as raised:
        parse_crontab(garbage)
    message = str(raised.value)
    assert raised.value.faults
    assert len(message) < 5000
    assert all(char.isprintable() or char in "\n\t" for char in message)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ("0-59 0-23 1-31 1-12 0-7", "* * * * *"),
        ("0,15,30,45 */8 1,11,21,31 1,4,7,10 0,2,4,6", "*/15 */8 */10 */3 */2"),
        ("0,30 0,12 1,16 1,7 0,4", "0,30 0,12 1,16 1,7 0,4"),
        ("1,2,3,5,7,8 0 31 12 7", "1-3,5,7-8 0 31 12 0"),
        ("5,15,25 6,12,18 2,4,6 2,4,6,8,10,12 1,3,5", "5,15,25 6,12,18 2,4,6 2,4,6,8,10,12 1,3,5"),
    ],
)
def test_a_pattern_is_printed_in_short(fields: str, text: str) -> None:
    assert str(pattern_of(fields)) == text


def test_a_rendered_crontab_says_the_same() -> None:
    text = (
        "0,30 9-17 * * 1-5 send ?id=mail&fill=3600s&max=3&queue=q&jobKey=a%20%26b"
        '&jobKeyMode=preserve_run_at&priority=-1 {"to":"ä\\u2028"}\n* * 1 */3 * other\n'
    )
    items = parse_crontab(text)
    assert render_crontab(items) == text
    assert parse_crontab(render_crontab(items)) == items
