"""Pauses and limits, as the database keeps them: what is noted, and what queues look like."""

from __future__ import annotations

import pytest

from kongtask.database.connection import Connection, Target
from kongtask.errors import JobSpecError, SchemaNotFoundError
from kongtask.jobs import (
    ActiveLimit,
    Concurrency,
    Rate,
    add_job,
    cleanup,
    find_limits,
    find_pauses,
    find_queues,
    pause,
    remove_limit,
    resume,
    set_limit,
)
from kongtask.migrate import install_extension

LOCK = b"update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool-1'"
LOCK_QUEUES = (
    b"update graphile_worker._private_job_queues set locked_at = now(), locked_by = 'pool-1'"
)
#: What a worker does that ends a job of a queue: Graphile Worker's condition, and kongtask's.
END = (
    b"delete from graphile_worker._private_jobs where locked_by = 'pool-1'",
    b"""
    update graphile_worker._private_job_queues set locked_at = null, locked_by = null
    where locked_by = 'pool-1'
    """,
)


@pytest.fixture
def extended(queue: Connection, queue_database: Target) -> Connection:
    """A queue with the schema beside it."""
    install_extension(queue_database, "graphile_worker")
    return queue


def is_free(connection: Connection, name: str = "mail") -> bool:
    row = connection.execute(
        b"select is_available from graphile_worker._private_job_queues where queue_name = %s",
        [name],
    ).fetchone()
    assert row is not None
    return bool(row[0])


def test_a_paused_queue_looks_busy_to_every_worker(extended: Connection) -> None:
    add_job(extended, "task", queue_name="mail")
    assert pause(extended, "queue", "mail") is True
    assert pause(extended, "queue", "mail") is False
    assert not is_free(extended)
    (queue,) = find_queues(extended)
    assert (queue.locked_by, queue.waiting) == ("kongtask pause", 1)
    # Graphile Worker's own sweep of old locks, and the clean-up of queues, leave it alone.
    extended.execute(
        b"update graphile_worker._private_job_queues set locked_at = null, locked_by = null "
        b"where locked_at < now() - interval '4 hours'"
    )
    cleanup(extended, ["GC_JOB_QUEUES"])
    assert not is_free(extended)
    assert resume(extended, "queue", "mail") == "resumed"
    assert resume(extended, "queue", "mail") is None
    assert is_free(extended)
    assert find_pauses(extended) == []


def test_a_queue_may_be_paused_before_its_first_job(extended: Connection) -> None:
    pause(extended, "queue", "mail")
    add_job(extended, "task", queue_name="mail")
    assert not is_free(extended)


def test_what_runs_ends_and_only_then_the_queue_goes_on(extended: Connection) -> None:
    add_job(extended, "task", queue_name="mail")
    extended.execute(LOCK)
    extended.execute(LOCK_QUEUES)
    pause(extended, "queue", "mail")
    assert resume(extended, "queue", "mail") == "requested"
    assert [found.is_ending for found in find_pauses(extended)] == [True]
    assert not is_free(extended)
    assert pause(extended, "queue", "mail") is True  # again, before it has ended
    assert resume(extended, "queue", "mail") == "requested"
    for statement in END:
        extended.execute(statement)
    assert not is_free(extended)
    extended.execute(b"select kongtask.settle_queues()")
    assert is_free(extended)
    assert find_pauses(extended) == []


def test_a_paused_queue_that_somebody_unlocks_is_held_again(extended: Connection) -> None:
    pause(extended, "queue", "mail")
    extended.execute(b"select graphile_worker.force_unlock_workers(array['kongtask pause'])")
    assert is_free(extended)
    extended.execute(b"select kongtask.settle_queues()")
    assert not is_free(extended)


def test_pauses_are_part_of_the_callers_transaction(extended: Connection) -> None:
    with extended.transaction(force_rollback=True):
        pause(extended, "all")
        pause(extended, "task", "a")
        pause(extended, "pool", "pool-1")
        found = [(one.kind, one.name) for one in find_pauses(extended)]
        assert found == [("all", ""), ("pool", "pool-1"), ("task", "a")]
    assert find_pauses(extended) == []


@pytest.mark.parametrize(("kind", "name"), [("all", "a"), ("task", ""), ("none", "a")])
def test_what_cannot_be_paused_is_refused(extended: Connection, kind: str, name: str) -> None:
    with pytest.raises(JobSpecError):
        pause(extended, kind, name)  # type: ignore[call-overload]


def test_without_the_schema_an_error_says_what_to_do(queue: Connection) -> None:
    with pytest.raises(SchemaNotFoundError, match="kongtask migrate"):
        pause(queue, "all")


def test_limits_are_set_changed_and_removed(extended: Connection) -> None:
    set_limit(extended, Concurrency(3), ["mail"])
    set_limit(extended, Concurrency(4), ["mail"])
    set_limit(extended, Rate(10, per=60, key="customer.id", group="smtp"), ["mail", "news"])
    assert find_limits(extended) == [
        ActiveLimit(
            name="mail:concurrency", tasks=["mail"], amount=4, per=None, key=None,
            is_set=True, held=0,
        ),
        ActiveLimit(
            name="smtp:rate/60s:customer.id", tasks=["mail", "news"], amount=10, per=60.0,
            key="customer.id", is_set=True, held=0,
        ),
    ]  # fmt: skip
    assert remove_limit(extended, "mail:concurrency") is True
    assert remove_limit(extended, "mail:concurrency") is False


def test_of_declarations_the_strictest_holds_that_a_live_pool_has(extended: Connection) -> None:
    """So two versions of an application do not fight, and one that is gone is forgotten."""
    for pool, amount in (("old", 5), ("new", 7), ("gone", 1)):
        extended.execute(
            b"insert into kongtask.limits values ('a:concurrency', %s, '{a}', %s, null, '{}')",
            [pool, amount],
        )
    for pool in ("old", "new"):
        extended.execute(
            b"""
            insert into kongtask.pools (pool_id, lock_key, mode, host, process_id, version, tasks,
              given_back_tasks, most_deaths, concurrency, late_after)
            values (%s, 1, 'lock', 'host', 1, '1', '{}', '{}', 3, 1, '1 s')
            """,
            [pool],
        )

    def amounts() -> list[tuple[int, bool]]:
        return [(limit.amount, limit.is_set) for limit in find_limits(extended)]

    assert amounts() == [(5, False)]
    extended.execute(b"delete from kongtask.pools where pool_id = 'old'")
    assert amounts() == [(7, False)]
    set_limit(extended, Concurrency(100), ["a"])
    assert amounts() == [(100, True)]
    remove_limit(extended, "a:concurrency")
    assert amounts() == [(7, False)]


@pytest.mark.parametrize("tasks", [[], ["a", "b"]])
def test_a_limit_of_several_tasks_has_a_group(extended: Connection, tasks: list[str]) -> None:
    with pytest.raises(JobSpecError, match="group"):
        set_limit(extended, Concurrency(1), tasks)


def test_a_number_that_no_limit_can_have_is_refused() -> None:
    for wrong in (0, -1, 2**31, True, "1"):
        with pytest.raises(JobSpecError, match="number"):
            Concurrency(wrong)  # type: ignore[arg-type]
    with pytest.raises(JobSpecError, match="per is 0"):
        Rate(1, per=0)
    with pytest.raises(JobSpecError, match="key"):
        Rate(1, per=1, key="")


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        ('{"a": {"b": "x"}}', "x"),
        ('{"a": {"b": 7}}', "7"),
        ('{"a": {"b": null}}', ""),
        ("{}", ""),
        ("[1]", ""),
        ('"text"', ""),
        (r'{"a": {"b": "\ud83d"}}', ""),
        (r'{"a": {"b": "\u0000"}}', ""),
        (r'{"a": {"b": "\ud83d\ude00"}}', "\U0001f600"),
    ],
)
def test_every_payload_has_a_key(extended: Connection, payload: str, key: str) -> None:
    row = extended.execute(
        b"select kongtask.payload_key(%s::json, array['a', 'b'])", [payload]
    ).fetchone()
    assert row == (key,)


def test_long_keys_fit_into_the_index(extended: Connection) -> None:
    row = extended.execute(
        b"select octet_length(kongtask.payload_key(json_build_object('a', repeat(%s, 99)), '{a}'))",
        ["\N{EURO SIGN}" * 1000],
    ).fetchone()
    assert row is not None
    assert row[0] < 500
