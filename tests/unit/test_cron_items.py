"""Cron items from code are checked as those of a crontab are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kongtask.cron import cron_item, parse_crontab, render_crontab
from kongtask.errors import CrontabError


def test_an_item_from_code_equals_that_of_a_crontab() -> None:
    (parsed,) = parse_crontab(
        "*/5 * * * * send ?id=mail&fill=1h&max=3&queue=q&jobKey=k&priority=-1 {to: 'ada'}"
    )
    assert parsed == cron_item(
        "*/5 * * * *", task="send", identifier="mail", payload={"to": "ada"},
        backfill_period=timedelta(hours=1), max_attempts=3, queue_name="q", job_key="k",
        priority=-1,
    )  # fmt: skip
    assert parse_crontab("* * * * * send") == (cron_item("* * * * *", task="send"),)


def test_names_may_be_whatever_the_database_holds() -> None:
    item = cron_item("* * * * *", task="emails.send now", identifier="every ü", queue_name="a.b")
    assert (item.task_identifier, item.identifier) == ("emails.send now", "every ü")


@pytest.mark.parametrize(
    ("attributes", "names"),
    [
        ({"task": ""}, "task_identifier is empty; identifier is empty"),
        ({"task": "t" * 129}, "task_identifier has 129 characters"),
        ({"identifier": ""}, "identifier is empty"),
        ({"identifier": "i" * 513}, "identifier has 513 characters"),
        ({"queue_name": "q" * 129}, "queue_name has 129 characters"),
        ({"queue_name": ""}, "queue_name is empty"),
        ({"job_key": "k" * 513}, "job_key has 513 characters"),
        ({"job_key": "\0"}, "job_key has a character"),
        ({"job_key": "\ud800"}, "job_key has a character"),
        ({"job_key": "k", "job_key_mode": "unsafe_dedupe"}, "job_key_mode must be replace or"),
        ({"max_attempts": 0}, "max_attempts must be from 1 to 32767, not 0"),
        ({"max_attempts": 32768}, "max_attempts must be"),
        ({"priority": -32769}, "priority must be from -32768 to 32767"),
        ({"backfill_period": timedelta(seconds=-1)}, "backfill_period must not be negative"),
        ({"payload": [1]}, "payload must be an object, not list"),
        ({"payload": {"a": float("nan")}}, "payload is not JSON"),
        ({"payload": {"a": object()}}, "payload is not JSON"),
        ({"payload": {"a": "\ud800"}}, "payload holds half a surrogate pair"),
        ({"max_attempts": 0, "priority": 10**9}, "max_attempts .*; priority "),
    ],
)
def test_what_the_database_would_refuse_is_an_error(attributes: dict[str, Any], names: str) -> None:
    with pytest.raises(CrontabError, match=names):
        cron_item("* * * * *", **{"task": "task", **attributes})


def test_limits_can_be_reached() -> None:
    cron_item(
        "* * * * *", task="t" * 128, identifier="i" * 512, queue_name="q" * 128, job_key="k" * 512,
        max_attempts=32767, priority=-32768, backfill_period=timedelta.max,
    )  # fmt: skip


@pytest.mark.parametrize(("pattern", "column"), [("* * * *", 1), ("* 24 * * *", 3), ("", 1)])
def test_a_pattern_that_cannot_be_read_is_shown(pattern: str, column: int) -> None:
    with pytest.raises(CrontabError, match=f"pattern:1:{column}"):
        cron_item(pattern, task="task")


@pytest.mark.parametrize(
    "item",
    [
        cron_item(lambda at: at.min == 0, task="task"),
        cron_item("* * * * *", task="emails.send"),
        cron_item("* * * * *", task="task\n* * * * * other"),
        cron_item("* * * * *", task="task", queue_name="a.b"),
        cron_item("* * * * *", task="task", backfill_period=timedelta(seconds=0.5)),
    ],
    ids=["function", "task", "line", "queue", "fraction"],
)
def test_what_a_crontab_cannot_say_is_not_rendered(item: Any) -> None:
    with pytest.raises(CrontabError):
        render_crontab([item])
