"""WorkerUtils: every operation over a connection of its own, async and sync."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from kongtask import jobs
from kongtask.database.connection import Connection, Target
from kongtask.errors import ConnectionFailedError
from kongtask.jobs import Job, JobSpec, find_jobs
from kongtask.jobs.operations import Operation
from kongtask.worker_utils import WorkerUtils, WorkerUtilsSync


def test_every_operation_is_a_method_of_both() -> None:
    operations = {name for name in jobs.__all__ if isinstance(getattr(jobs, name), Operation)} | {
        "add_job",
        "add_jobs",
        "migrate",
        "release",
    }
    assert len(operations) == 21
    for utils in (WorkerUtils("dbname=x"), WorkerUtilsSync("dbname=x")):
        for name in operations:
            assert inspect.getdoc(getattr(utils, name))


def test_sync(database: Target) -> None:
    with WorkerUtilsSync(database.conninfo, schema="jobs") as utils:
        assert utils.migrate().applied
        job = utils.add_job("send", {"to": "ada"}, queue_name="q", job_key="k")
        jobs_ = utils.add_jobs([JobSpec(identifier="send")] * 2)
        assert utils.add_jobs([JobSpec(identifier="send")], returning=False) == 1
        assert [found.job for found in utils.find_jobs(limit=3)] == [job, *jobs_]
        assert utils.remove_job("k") == job
        ids = [each.id for each in jobs_]
        assert utils.reschedule_jobs(ids[:1], priority=0, attempts=1)[0].attempts == 1
        assert utils.permanently_fail_jobs(ids[:1], "no")[0].last_error == "no"
        assert utils.retry_jobs(ids[:1])[0].attempts == 0
        assert len(utils.complete_jobs(ids)) == 2
        assert utils.force_unlock_workers(["pool-1"]) == (0, 0)
        assert utils.cleanup().queues == 1
        assert [queue.waiting for queue in utils.find_queues()] == [1]


def test_async(database: Target) -> None:
    async def run() -> None:
        async with WorkerUtils(database.conninfo, schema="jobs") as utils:
            assert (await utils.migrate()).applied
            job = await utils.add_job("send", {"to": "ada"}, queue_name="q", job_key="k")
            jobs_ = await utils.add_jobs([JobSpec(identifier="send")] * 2)
            assert await utils.add_jobs([JobSpec(identifier="send")], returning=False) == 1
            assert [found.job for found in await utils.find_jobs(limit=3)] == [job, *jobs_]
            assert await utils.remove_job("k") == job
            ids = [each.id for each in jobs_]
            assert (await utils.reschedule_jobs(ids[:1], attempts=1))[0].attempts == 1
            assert (await utils.permanently_fail_jobs(ids[:1], "no"))[0].last_error == "no"
            assert (await utils.retry_jobs(ids[:1]))[0].attempts == 0
            assert len(await utils.complete_jobs(ids)) == 2
            assert await utils.force_unlock_workers(["pool-1"]) == (0, 0)
            assert (await utils.cleanup()).queues == 1
            assert [queue.waiting for queue in await utils.find_queues()] == [1]

    asyncio.run(run())


def test_many_tasks_share_one(queue_database: Target, queue: Connection) -> None:
    """Their calls take turns; a clean-up in between disturbs none."""

    async def run() -> None:
        async with WorkerUtils(queue_database.conninfo) as utils:
            added = await asyncio.gather(
                *(utils.add_job("a", n, queue_name=f"q{n}") for n in range(20)),
                *(utils.cleanup() for _ in range(3)),
            )
        assert sorted(job.payload for job in added if isinstance(job, Job)) == list(range(20))

    asyncio.run(run())
    assert {found.job.queue_name for found in find_jobs(queue)} == {f"q{n}" for n in range(20)}


def test_a_lost_connection_is_opened_again(queue_database: Target, queue: Connection) -> None:
    """The call that notices fails, the next one works."""

    async def run() -> None:
        async with WorkerUtils(queue_database.conninfo) as utils:
            await utils.add_job("a")
            kill(queue)
            with pytest.raises(Exception, match="terminating connection"):
                await utils.add_job("a")
            await utils.add_job("a")

    asyncio.run(run())
    with WorkerUtilsSync(queue_database.conninfo) as utils:
        utils.add_job("a")
        kill(queue)
        with pytest.raises(Exception, match="terminating connection"):
            utils.add_job("a")
        utils.add_job("a")
    assert len(find_jobs(queue)) == 4


def kill(queue: Connection) -> None:
    queue.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )


def test_a_database_that_is_not_there_is_an_error_without_its_password(server: Target) -> None:
    conninfo = server.at_database("nowhere").conninfo + " password=hush"
    with pytest.raises(ConnectionFailedError, match="nowhere") as raised:
        WorkerUtilsSync(conninfo).add_job("a")
    assert "hush" not in str(raised.value)
    with pytest.raises(ConnectionFailedError, match="nowhere"):
        asyncio.run(WorkerUtils(conninfo).add_job("a"))
