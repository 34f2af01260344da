"""The plugin for pytest, as a project that uses kongtask sees it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kongtask.database.connection import Target, connect

pytest_plugins = "pytester"

PROJECT = """
from datetime import UTC, datetime, timedelta
import pytest
from kongtask import App, Context, Exponential, Snooze

app = App("host=/nowhere")
sent = []

@app.task
async def order(order: dict, context: Context) -> None:
    await context.add_job("mail", {"to": order["customer"], "n": [1, {"a": 1}]})

@app.task
def mail(mail: dict) -> None:
    sent.append(mail["to"])

@app.task
async def bad() -> None:
    raise ValueError("no good")

@app.task(retry=Exponential(base=60, jitter=0), no_retry=KeyError)
def choose(kind: str) -> Snooze | str | None:
    if kind == "snooze":
        return Snooze(in_=90)
    if kind == "again":
        return Snooze(in_=0) if len(sent) < 3 and not sent.append(kind) else "at last"
    raise {"value": ValueError, "key": KeyError}[kind]("no good")
"""

GOOD = """
from shop import *
from kongtask import add_job

def test_jobs_run_until_nothing_is_due(kongtask_queue):
    add_job(kongtask_queue.connection, "order", {"customer": "Ada"})
    add_job(kongtask_queue.connection, "mail", {"to": "x"}, run_at=datetime.now(UTC) + timedelta(1))
    kongtask_queue.run_until_idle(app)
    assert sent == ["Ada"]
    assert [job.payload for job in kongtask_queue.jobs()] == [{"to": "x"}]
    assert app.conninfo == "host=/nowhere"

def test_what_was_added_is_found(kongtask_queue):
    at = datetime(2030, 1, 1, tzinfo=UTC)
    payload = {"to": "Ada", "n": [1, {"a": 1, "b": 2}]}
    add_job(kongtask_queue.connection, "mail", payload, queue_name="q", run_at=at, job_key="k")
    kongtask_queue.assert_added("mail")
    (job,) = kongtask_queue.assert_added("mail", {"n": [1, {"a": 1}]}, times=1)
    assert job.payload == payload
    kongtask_queue.assert_added("mail", queue_name="q", run_at=at, job_key="k")
    kongtask_queue.assert_not_added("mail", {"to": "Bob"})
    kongtask_queue.assert_not_added("order")
    for wrong in (
        dict(payload={"to": "Bob"}), dict(payload={"n": [1]}), dict(queue_name="other"),
        dict(job_key="other"), dict(run_at=at + timedelta(minutes=1)), dict(times=2),
    ):
        with pytest.raises(AssertionError, match="there are:\\\\n  mail .*queue q, key k"):
            kongtask_queue.assert_added("mail", **wrong)

def test_each_test_has_an_empty_queue_of_its_own(kongtask_queue):
    assert kongtask_queue.jobs() == []

def test_a_failing_job_fails_the_test(kongtask_queue):
    add_job(kongtask_queue.connection, "bad")
    with pytest.raises(AssertionError, match="<job 1 bad> failed: no good") as caught:
        kongtask_queue.run_until_idle(app)
    assert isinstance(caught.value.__cause__, ValueError)

def told(outcomes):
    return [
        (each.job.payload, each.end, type(each.error), each.result, seconds(each.wait))
        for each in outcomes
    ]

def seconds(wait):
    return None if wait is None else round(wait.total_seconds())

NONE = type(None)

def test_outcomes_are_told(kongtask_queue):
    for kind in ("value", "key", "snooze"):
        add_job(kongtask_queue.connection, "choose", kind)
    outcomes = kongtask_queue.run_due(app)
    assert sorted(told(outcomes), key=str) == [
        ("key", "failed", KeyError, None, None),
        ("snooze", "snoozed", NONE, None, 90),
        ("value", "retried", ValueError, None, 60),
    ]
    assert kongtask_queue.run_due(app) == []
    assert kongtask_queue.make_due("bad") == []
    assert len(kongtask_queue.make_due("choose")) == 2
    again = kongtask_queue.run_due(app, concurrency=1)
    assert sorted((each.job.payload, each.job.attempts) for each in again) == [
        ("snooze", 1), ("value", 2)
    ]

def test_each_attempt_is_told(kongtask_queue):
    sent.clear()
    add_job(kongtask_queue.connection, "choose", "again")
    assert told(kongtask_queue.run_until_idle(app)) == [
        *[("again", "snoozed", NONE, None, 0)] * 3, ("again", "completed", NONE, "at last", None)
    ]
    sent.clear()
"""


def test_a_project_uses_the_fixtures_and_leaves_no_database_behind(
    pytester: pytest.Pytester, server: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KONGTASK_TEST_DATABASE_URL", server.conninfo)
    pytester.makepyfile(shop=PROJECT, test_shop=GOOD)
    with connect(server) as connection:
        names = b"select datname from pg_database where datname like 'kongtask_scratch_%'"
        before = set(connection.execute(names).fetchall())
        done = pytester.runpytest_subprocess("-p", "no:randomly")
        done.assert_outcomes(passed=6)
        assert set(connection.execute(names).fetchall()) <= before


def test_the_plugin_imports_nothing_of_kongtask_before_a_test_asks() -> None:
    code = (
        "import sys, kongtask.testing.plugin;"
        "print(sorted(m for m in sys.modules if m.startswith(('kongtask', 'psycopg'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['kongtask', 'kongtask.testing', 'kongtask.testing.plugin']"
