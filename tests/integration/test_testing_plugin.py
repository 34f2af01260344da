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
from kongtask import App, Context

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
        done.assert_outcomes(passed=4)
        assert set(connection.execute(names).fetchall()) <= before


def test_the_plugin_imports_nothing_of_kongtask_before_a_test_asks() -> None:
    code = (
        "import sys, kongtask.testing.plugin;"
        "print(sorted(m for m in sys.modules if m.startswith(('kongtask', 'psycopg'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['kongtask', 'kongtask.testing', 'kongtask.testing.plugin']"
