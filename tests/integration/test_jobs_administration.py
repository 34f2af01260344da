"""Looking after jobs: what each call changes, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from kongtask.database.connection import Connection
from kongtask.errors import JobKeyBusyError, JobSpecError
from kongtask.jobs import (
    Job,
    JobSpec,
    Queue,
    add_job,
    add_jobs,
    complete_jobs,
    find_jobs,
    find_queues,
    force_unlock_workers,
    permanently_fail_jobs,
    remove_job,
    reschedule_jobs,
    retry_jobs,
)

IN_2030 = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def lock(connection: Connection, *ids: int, by: str = "pool-1", since: str = "now()") -> None:
    """Do as a worker that has begun jobs."""
    connection.execute(
        f"update graphile_worker._private_jobs set locked_at = {since}, locked_by = %s, "
        "attempts = attempts + 1 where id = any (%s)".encode(),
        [by, list(ids)],
    )
    connection.execute(
        f"update graphile_worker._private_job_queues as queues set locked_at = {since}, "
        "locked_by = %s from graphile_worker._private_jobs as jobs "
        "where queues.id = jobs.job_queue_id and jobs.id = any (%s)".encode(),
        [by, list(ids)],
    )


@pytest.fixture
def ids(queue: Connection) -> list[int]:
    """Three jobs: free, being executed, locked by somebody who is long gone."""
    jobs = add_jobs(queue, [JobSpec(identifier="a", payload=n, priority=5) for n in range(3)])
    numbers = [job.id for job in jobs]
    lock(queue, numbers[1])
    lock(queue, numbers[2], by="pool-2", since="now() - interval '5 hours'")
    return numbers


def find(connection: Connection, id_: int) -> Job:
    (found,) = find_jobs(connection, ids=[id_])
    return found.job


def test_completed_jobs_are_gone_and_those_in_execution_stay(
    queue: Connection, ids: list[int]
) -> None:
    completed = complete_jobs(queue, [*ids, 999])
    assert [(job.id, job.payload) for job in completed] == [(ids[0], 0), (ids[2], 2)]
    assert [found.job.id for found in find_jobs(queue)] == [ids[1]]


def test_failed_jobs_stay_with_a_reason(queue: Connection, ids: list[int]) -> None:
    failed = permanently_fail_jobs(queue, ids, "out of stock")
    assert [(job.id, job.attempts, job.last_error) for job in failed] == [
        (ids[0], 25, "out of stock"), (ids[2], 25, "out of stock"),
    ]  # fmt: skip
    (again,) = permanently_fail_jobs(queue, ids[:1])
    assert again.last_error == "Manually marked as failed"
    assert find(queue, ids[1]).attempts == 1


def test_a_zero_is_a_zero_and_none_leaves_what_is_there(queue: Connection, ids: list[int]) -> None:
    (first,) = reschedule_jobs(queue, ids[:1], run_at=IN_2030, attempts=7, max_attempts=9)
    assert (first.run_at, first.priority, first.attempts, first.max_attempts) == (IN_2030, 5, 7, 9)
    (second,) = reschedule_jobs(queue, ids[:2], priority=0, attempts=0)
    assert (second.run_at, second.priority, second.attempts) == (IN_2030, 0, 0)
    assert second.max_attempts == 9


def test_a_retried_job_is_due_now_with_all_its_attempts(queue: Connection, ids: list[int]) -> None:
    permanently_fail_jobs(queue, ids[:1], "why")
    reschedule_jobs(queue, ids[:1], run_at=IN_2030)
    (job,) = retry_jobs(queue, ids[:2])
    assert (job.attempts, job.last_error) == (0, "why")
    assert abs(job.run_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert find_jobs(queue, ids=[job.id])[0].state == "waiting"


def test_a_removed_job_is_gone_unless_it_is_being_executed(queue: Connection) -> None:
    job = add_job(queue, "a", job_key="k")
    assert remove_job(queue, "k") == job
    busy = add_job(queue, "a", job_key="k")
    lock(queue, busy.id)
    removed = remove_job(queue, "k")
    assert removed is not None
    assert (removed.id, removed.key, removed.attempts) == (busy.id, None, 25)
    assert remove_job(queue, "k") is None


def test_unlocking_frees_jobs_and_queues_of_the_named_pools(queue: Connection) -> None:
    jobs = add_jobs(queue, [JobSpec(identifier="a", queue_name=name) for name in "qrs"])
    for job, pool in zip(jobs, ("pool-1", "pool-2", "pool-3"), strict=True):
        lock(queue, job.id, by=pool)
    assert force_unlock_workers(queue, ["pool-1", "pool-3", "pool-9"]) == (2, 2)
    assert [found.job.locked_by for found in find_jobs(queue)] == [None, "pool-2", None]
    assert [each.locked_by for each in find_queues(queue)] == [None, "pool-2", None]
    assert find(queue, jobs[0].id).attempts == 1, "they are not given back"


def test_the_states_of_jobs(queue: Connection, ids: list[int]) -> None:
    waiting, scheduled, retrying, failed = add_jobs(queue, [JobSpec(identifier="b")] * 4)
    reschedule_jobs(queue, [scheduled.id], run_at=IN_2030)
    reschedule_jobs(queue, [retrying.id], run_at=IN_2030, attempts=3)
    permanently_fail_jobs(queue, [failed.id])
    found = {each.job.id: each.state for each in find_jobs(queue)}
    assert found == {
        ids[0]: "waiting", ids[1]: "locked", ids[2]: "locked", waiting.id: "waiting",
        scheduled.id: "scheduled", retrying.id: "retrying", failed.id: "failed",
    }  # fmt: skip


def test_jobs_are_found_by_what_they_have(queue: Connection) -> None:
    specs = [
        JobSpec(identifier="a", queue_name="q", job_key="k1"),
        JobSpec(identifier="a", run_at=IN_2030),
        JobSpec(identifier="b", queue_name="q", payload={"big": "x" * 1000}),
        JobSpec(identifier="c", job_key="k2"),
    ]
    jobs = add_jobs(queue, specs)

    def places(**wanted: Any) -> list[int]:
        found = {job.id: place for place, job in enumerate(jobs)}
        return sorted(found[each.job.id] for each in find_jobs(queue, **wanted))

    assert places() == [0, 1, 2, 3]
    assert places(task_identifiers=["a", "c", "none"]) == [0, 1, 3]
    assert places(queue_names=["q"]) == [0, 2]
    assert places(job_keys=["k1", "k2"]) == [0, 3]
    assert places(states=["scheduled"]) == [1]
    assert places(states=["waiting", "failed"], task_identifiers=["a"]) == [0]
    assert places(ids=[jobs[2].id, 999]) == [2]
    assert places(ids=[]) == places(states=[]) == []
    without = find_jobs(queue, ids=[jobs[2].id], with_payload=False)
    assert [each.job.payload for each in without] == [None]


def test_pages_follow_one_another(queue: Connection) -> None:
    add_jobs(queue, [JobSpec(identifier="a")] * 7)
    sizes: list[int] = []
    seen: list[int] = []
    while page := find_jobs(queue, after=seen[-1] if seen else 0, limit=3):
        sizes.append(len(page))
        seen += [each.job.id for each in page]
    assert sizes == [3, 3, 1]
    assert seen == sorted(set(seen))


def test_queues_and_their_jobs_by_state(queue: Connection) -> None:
    jobs = add_jobs(queue, [JobSpec(identifier="a", queue_name=name) for name in ("b", "b", "a")])
    lock(queue, jobs[0].id)
    permanently_fail_jobs(queue, [jobs[2].id])
    assert [each.queue_name for each in find_queues(queue)] == ["a", "b"]
    add_job(queue, "a", run_at=IN_2030)
    first, second, none = find_queues(queue)
    assert first == Queue(
        queue_name="a", waiting=0, scheduled=0, retrying=0, locked=0, failed=1, locked_at=None,
        locked_by=None,
    )  # fmt: skip
    assert (second.waiting, second.locked, second.locked_by) == (1, 1, "pool-1")
    assert second.locked_at is not None
    assert (none.queue_name, none.scheduled) == (None, 1)


WRONG: list[tuple[Callable[[Any], object], str]] = [
    (lambda c: complete_jobs(c, cast("Any", ["1"])), "a job's id is a whole number, not '1'"),
    (lambda c: complete_jobs(c, [True]), "a job's id is a whole number"),
    (lambda c: complete_jobs(c, [2**63]), "no job has the id 9223372036854775808"),
    (lambda c: permanently_fail_jobs(c, [1], "a\0"), "NUL"),
    (lambda c: reschedule_jobs(c, [1], run_at=datetime(2030, 1, 1)), "no time zone"),
    (lambda c: reschedule_jobs(c, [1], attempts=-1), "attempts is -1; it must be from 0"),
    (lambda c: reschedule_jobs(c, [1], max_attempts=0), "max_attempts is 0"),
    (lambda c: reschedule_jobs(c, [1], priority=40000), "priority is 40000"),
    (lambda c: remove_job(c, ""), "which no job has"),
    (lambda c: force_unlock_workers(c, "pool-1"), "worker_ids is a string; give a list"),
    (lambda c: find_jobs(c, states=cast("Any", ["lost"])), "no job has the state 'lost'"),
    (lambda c: find_jobs(c, queue_names="q"), "queue_names is a string"),
]


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_bad_arguments_are_errors_before_the_database_is_asked(
    queue: Connection, call: Any, message: str
) -> None:
    queue.close()
    with pytest.raises(JobSpecError, match=message):
        call(queue)


def test_a_key_that_can_never_be_had_is_an_error_after_a_while(queue: Connection) -> None:
    """Here a trigger keeps the job as it is; it could be workers that are always faster."""
    job = add_job(queue, "a", job_key="k")
    lock(queue, job.id)
    queue.execute(
        "create function keep() returns trigger language plpgsql as $$ begin return null; end $$"
    )
    queue.execute(
        "create trigger keep before update on graphile_worker._private_jobs "
        "for each row execute function keep()"
    )
    with pytest.raises(JobKeyBusyError, match="'k' 20 times"):
        add_job(queue, "a", job_key="k")
    specs = [JobSpec(identifier="a", job_key="k"), JobSpec(identifier="a", job_key="free")]
    with pytest.raises(JobKeyBusyError, match="the job with the key 'k'"):
        add_jobs(queue, specs)
    with pytest.raises(JobKeyBusyError, match="the job with the key 'k'"):
        add_jobs(queue, specs[:1], returning=False)
