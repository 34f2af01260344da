"""What the type checker knows of calls on jobs; `make lint` checks it, nothing here is run."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, assert_type

import psycopg
import sqlalchemy
from psycopg.rows import DictRow
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session

from kongtask.jobs import FoundJob, Job, JobSpec, add_job, add_jobs, complete_jobs, find_jobs
from kongtask.worker_utils import WorkerUtils, WorkerUtilsSync


def on_sync_connections(
    plain: psycopg.Connection[Any],
    dicts: psycopg.Connection[DictRow],
    alchemy: sqlalchemy.Connection,
    session: Session,
    scoped: scoped_session[Session],
) -> None:
    assert_type(add_job(plain, "a"), Job)
    assert_type(add_job(dicts, "a", priority=1), Job)
    assert_type(add_job(alchemy, "a"), Job)
    assert_type(add_job(session, "a"), Job)
    assert_type(add_job(scoped, "a"), Job)
    assert_type(add_jobs(session, [JobSpec(identifier="a")]), list[Job])
    assert_type(add_jobs(session, [], returning=False), int)
    assert_type(complete_jobs(alchemy, [1]), list[Job])


def on_async_connections(
    plain: psycopg.AsyncConnection[Any],
    alchemy: AsyncConnection,
    session: AsyncSession,
    scoped: async_scoped_session[AsyncSession],
) -> None:
    assert_type(add_job(plain, "a"), Awaitable[Job])
    assert_type(add_job(alchemy, "a", {"n": 1}), Awaitable[Job])
    assert_type(add_job(session, "a"), Awaitable[Job])
    assert_type(add_job(scoped, "a"), Awaitable[Job])
    assert_type(add_jobs(session, []), Awaitable[list[Job]])
    assert_type(add_jobs(alchemy, [], returning=False), Awaitable[int])
    assert_type(find_jobs(alchemy, limit=1), Awaitable[list[FoundJob]])


async def with_worker_utils(utils: WorkerUtils, sync: WorkerUtilsSync) -> None:
    assert_type(await utils.add_job("a", queue_name="q"), Job)
    assert_type(await utils.add_jobs([]), list[Job])
    assert_type(await utils.find_jobs(limit=1), list[FoundJob])
    assert_type(sync.add_jobs([], returning=False), int)
    assert_type(sync.remove_job("k"), Job | None)
