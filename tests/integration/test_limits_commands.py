"""The commands on pauses and limits as programs; the pages about them show the rest."""

from __future__ import annotations

import json

import pytest

from kongtask.database.connection import Connection, Target
from kongtask.jobs import find_limits, find_pauses
from kongtask.migrate import install_extension

from .test_jobs_commands import kongtask


@pytest.fixture
def extended(queue: Connection, queue_database: Target) -> Connection:
    """A queue with the schema beside it."""
    install_extension(queue_database, "graphile_worker")
    return queue


def test_pauses_are_one_transaction_and_may_be_repeated(
    extended: Connection, queue_database: Target
) -> None:
    for is_new in (True, False):
        done = kongtask(queue_database, "pause", "--task", "a", "--queue", "b", "--all", "--json")
        assert json.loads(done.stdout) == {
            "paused": [
                {"kind": kind, "name": name, "is_new": is_new}
                for kind, name in (("task", "a"), ("queue", "b"), ("all", ""))
            ]
        }
    assert len(find_pauses(extended)) == 3
    listed = json.loads(kongtask(queue_database, "pauses", "--json").stdout)
    assert [pause["kind"] for pause in listed["pauses"]] == ["all", "queue", "task"]
    done = kongtask(queue_database, "resume", "--task", "a", "--queue", "c", "--json")
    assert done.returncode == 1
    assert [one["result"] for one in json.loads(done.stdout)["resumed"]] == ["resumed", None]
    done = kongtask(queue_database, "resume", "--queue", "b", "--all")
    assert (done.returncode, done.stdout) == (0, "resumed the queue b\nresumed everything\n")
    assert kongtask(queue_database, "pauses").stdout == "nothing is paused\n"


def test_limits_are_set_listed_and_removed(extended: Connection, queue_database: Target) -> None:
    assert kongtask(queue_database, "limits").stdout == "nothing is limited\n"
    done = kongtask(
        queue_database, "limits", "set", "a", "b", "--concurrency", 3, "--group", "g", "--key", "k"
    )
    assert (done.returncode, done.stdout) == (0, "set g:concurrency:k\n")
    (limit,) = find_limits(extended)
    assert (limit.tasks, limit.amount, limit.key) == (["a", "b"], 3, "k")
    listed = json.loads(kongtask(queue_database, "limits", "list", "--json").stdout)
    assert listed["limits"][0]["name"] == "g:concurrency:k"
    done = kongtask(queue_database, "limits", "remove", "g:concurrency:k", "x")
    assert done.returncode == 1
    assert done.stdout == "removed g:concurrency:k\nx was not set by hand\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pause",), "say what: --task"),
        (("limits", "set", "a"), "give --concurrency, or --rate with --per"),
        (("limits", "set", "a", "--rate", "3"), "give --concurrency, or --rate with --per"),
        (("limits", "set", "a", "--rate", "3", "--per", "0"), "per is 0.0"),
        (("limits", "set", "a", "b", "--concurrency", "3"), "share a group"),
    ],
)
def test_what_is_not_said_or_cannot_be_is_an_error(
    extended: Connection, queue_database: Target, words: tuple[str, ...], said: str
) -> None:
    done = kongtask(queue_database, *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_without_the_schema_an_error_says_what_makes_it(
    queue: Connection, queue_database: Target
) -> None:
    done = kongtask(queue_database, "limits")
    assert done.returncode == 2
    assert "kongtask migrate" in done.stderr
