"""The scheduler adds each item's job once a minute, whatever happens around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from kongtask.cron import (
    CronBackfill,
    CronEvent,
    CronFailed,
    CronItem,
    CronMatchFailed,
    CronOverdueTimer,
    CronPrematureTimer,
    CronSchedule,
    CronScheduled,
    CronStarted,
    CronStarting,
    Digest,
    Scheduler,
    SystemClock,
    cron_item,
)
from kongtask.cron.statements import AsyncConnection, KeyIsBusyError
from kongtask.database.connection import Target, connect
from kongtask.database.embedded import EMBEDDED_MAJOR, LocalServer
from kongtask.migrate import migrate, worker_migrations
from tests.conftest import FAST, public_folder, server_binaries
from tests.scheduling import SetClock, connecting

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVERY_MINUTE = "* * * * *"


@pytest.fixture
def schema(database: Target) -> Target:
    """A database with the worker schema."""
    migrate(database, worker_migrations(), "graphile_worker")
    return database


def fetch_all(target: Target, statement: str) -> list[tuple[Any, ...]]:
    with connect(target) as connection:
        connection.execute("set search_path = graphile_worker")
        return connection.execute(statement.encode()).fetchall()


def execute(target: Target, script: str) -> None:
    with connect(target) as connection:
        connection.execute("set search_path = graphile_worker")
        connection.execute(script.encode())


def jobs(target: Target) -> list[tuple[str, str, bool]]:
    """Return task, minute and whether it was made up for, of each job."""
    rows = fetch_all(
        target,
        "select identifier, run_at, payload #>> '{_cron,ts}', "
        "(payload #>> '{_cron,backfilled}')::boolean "
        "from _private_jobs as jobs join _private_tasks as tasks on tasks.id = task_id "
        "order by run_at, jobs.id",
    )
    for _, run_at, ts, _ in rows:
        assert ts == f"{run_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    return [(task, f"{run_at.astimezone(UTC):%H:%M}", made_up) for task, run_at, _, made_up in rows]


def filled(minutes: float, task: str, pattern: str = EVERY_MINUTE) -> CronItem:
    return cron_item(pattern, task=task, backfill_period=timedelta(minutes=minutes))


class Told:
    """Collects events; a test can wait for one."""

    def __init__(self) -> None:
        self.events: list[CronEvent] = []
        self._more = asyncio.Event()

    def __call__(self, event: CronEvent) -> None:
        self.events.append(event)
        self._more.set()

    def of(self, *kinds: type[CronEvent]) -> list[CronEvent]:
        return [event for event in self.events if isinstance(event, kinds)]

    async def until(self, *kinds: type[CronEvent], count: int = 1) -> None:
        async with asyncio.timeout(60):
            while len(self.of(*kinds)) < count:
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def running(
    target: Target, items: Iterable[CronItem], clock: SetClock, told: Told | None = None
) -> AsyncIterator[Scheduler]:
    scheduler = Scheduler(connecting(target), items, clock=clock, events=told)
    await scheduler.start()
    try:
        await clock.alarm()
        yield scheduler
    finally:
        await scheduler.stop()


def run_once(target: Target, items: Iterable[CronItem], minute: datetime = NOON) -> dict[str, int]:
    return dict(asyncio.run(Scheduler(connecting(target), items).run_once(minute)))


@pytest.mark.parametrize("revision", [18, 19, 20])
def test_a_job_is_what_its_item_says(database: Target, revision: int) -> None:
    migrate(database, worker_migrations(), "graphile_worker", to=revision)
    item = cron_item(
        EVERY_MINUTE, task="send", identifier="mail", payload={"to": "ü", "_cron": "mine"},
        max_attempts=3, queue_name="q", job_key="k", job_key_mode="preserve_run_at", priority=-1,
    )  # fmt: skip

    ids = run_once(database, [item, cron_item(EVERY_MINUTE, task="plain")])

    rows = fetch_all(
        database,
        "select jobs.id, identifier, payload::text, max_attempts, queue_name, key, priority, "
        "run_at from _private_jobs as jobs join _private_tasks as tasks on tasks.id = task_id "
        "left join _private_job_queues as queues on queues.id = job_queue_id order by jobs.id",
    )
    cron = '"_cron":{"ts":"2026-11-26T12:00:00.000Z","backfilled":false}}'
    assert rows == [
        (ids["mail"], "send", f'{{"to":"ü",{cron}', 3, "q", "k", -1, NOON),
        (ids["plain"], "plain", f"{{{cron}", 25, None, None, 0, NOON),
    ]
    assert fetch_all(database, "select * from _private_known_crontabs order by 1") == [
        ("mail", NOON, NOON), ("plain", NOON, NOON),
    ]  # fmt: skip


def test_a_minute_is_scheduled_on_every_server(each_database: Target) -> None:
    migrate(each_database, worker_migrations(), "graphile_worker")
    item = cron_item(EVERY_MINUTE, task="a", job_key="k")
    assert run_once(each_database, [item]).keys() == {"a"}
    assert run_once(each_database, [item]) == {}
    assert jobs(each_database) == [("a", "12:00", False)]


def test_a_schema_of_any_name(database: Target) -> None:
    name = 'My "Jobs" 100%'
    migrate(database, worker_migrations(), name)
    scheduler = Scheduler(connecting(database), [cron_item(EVERY_MINUTE, task="a")], schema=name)
    assert asyncio.run(scheduler.run_once(NOON)).keys() == {"a"}


def test_jobs_are_added_in_the_order_of_the_items(schema: Target) -> None:
    names = [f"t{n * 7919 % 100}" for n in range(100)]
    ids = run_once(schema, [cron_item(EVERY_MINUTE, task=name) for name in names])
    assert sorted(names, key=lambda name: ids[name]) == names


def test_only_due_items_are_scheduled(schema: Target) -> None:
    items = [cron_item("0 * * * *", task="a"), cron_item("1 * * * *", task="b")]
    assert run_once(schema, items, NOON + timedelta(seconds=59)).keys() == {"a"}
    assert run_once(schema, items, NOON + 2 * MINUTE) == {}


def test_a_minute_from_before_the_last_one_is_not_scheduled(schema: Target) -> None:
    """Which is all that keeps schedulers on many machines from doing the same."""
    items = [cron_item(EVERY_MINUTE, task="a")]
    assert run_once(schema, items, NOON)
    assert run_once(schema, items, NOON) == {}
    assert run_once(schema, items, NOON - MINUTE) == {}
    assert run_once(schema, items, NOON + MINUTE)


def test_ten_thousand_items_are_one_statement(schema: Target) -> None:
    statements: list[str] = []

    class Counting(psycopg.AsyncCursor[Any]):
        async def execute(self, query: Any, *args: Any, **extra: Any) -> Any:
            statements.append(bytes(query).decode())
            return await super().execute(query, *args, **extra)

    @asynccontextmanager
    async def connected() -> AsyncIterator[AsyncConnection]:
        async with connecting(schema)() as connection:
            connection.cursor_factory = Counting
            yield connection

    items = [cron_item(f"{n % 60} * * * *", task="t", identifier=f"i{n}") for n in range(20_000)]
    every = [cron_item(EVERY_MINUTE, task="u", identifier=f"j{n}") for n in range(10_000)]
    added = asyncio.run(Scheduler(connected, items + every).run_once(NOON))

    assert len(added) == 10_334
    assert len(statements) == 1
    assert fetch_all(schema, "select count(*) from _private_jobs") == [(10_334,)]


def test_a_minute_without_due_items_needs_no_connection() -> None:
    def connected() -> AbstractAsyncContextManager[AsyncConnection]:
        raise AssertionError("nothing is due")

    scheduler = Scheduler(connected, [cron_item("5 * * * *", task="a")])
    assert asyncio.run(scheduler.run_once(NOON)) == {}


def test_schedulers_side_by_side_add_each_job_once(schema: Target) -> None:
    """Four of them, all at the same moment, for an hour."""
    items = [cron_item(EVERY_MINUTE, task=f"t{n}") for n in range(5)]

    async def hour() -> list[dict[str, int]]:
        schedulers = [Scheduler(connecting(schema), items) for _ in range(4)]
        added = []
        for n in range(60):
            tries = [scheduler.run_once(NOON + n * MINUTE) for scheduler in schedulers]
            added += [dict(ids) for ids in await asyncio.gather(*tries)]
        return added

    added = asyncio.run(hour())
    assert sum(len(ids) for ids in added) == 300
    assert len({id_ for ids in added for id_ in ids.values()}) == 300
    assert len(set(jobs(schema))) == 300


def test_the_course_of_a_scheduler(schema: Target) -> None:
    """It starts between two minutes, registers, and adds jobs from the next minute on."""
    told = Told()
    start = NOON - timedelta(seconds=20)
    items = (cron_item(EVERY_MINUTE, task="a"), cron_item("1 * * * *", task="b"))

    async def course() -> None:
        clock = SetClock(start)
        async with running(schema, items, clock, told):
            assert fetch_all(schema, "select * from _private_known_crontabs order by 1") == [
                ("a", start, None), ("b", start, None),
            ]  # fmt: skip
            assert await clock.alarm() == NOON + timedelta(milliseconds=1)
            await clock.ring(NOON + timedelta(milliseconds=2))
            assert await clock.alarm() == NOON + MINUTE + timedelta(milliseconds=1)
            await clock.ring(NOON + MINUTE)

    asyncio.run(course())
    assert jobs(schema) == [("a", "12:00", False), ("a", "12:01", False), ("b", "12:01", False)]
    ((first,), (second,), (third,)) = fetch_all(schema, "select id from _private_jobs order by id")
    assert told.events == [
        CronStarting(items=items, start=start),
        CronStarted(items=items, start=start),
        CronSchedule(minute=NOON, items=items[:1], backfilled=False),
        CronScheduled(minute=NOON, items=items[:1], backfilled=False, job_ids={"a": first}),
        CronSchedule(minute=NOON + MINUTE, items=items, backfilled=False),
        CronScheduled(
            minute=NOON + MINUTE, items=items, backfilled=False, job_ids={"a": second, "b": third}
        ),
    ]


def test_a_start_on_the_minute_includes_it(schema: Target) -> None:
    async def course() -> None:
        clock = SetClock(NOON)
        async with running(schema, [cron_item(EVERY_MINUTE, task="a")], clock):
            await clock.ring(NOON + timedelta(milliseconds=1))

    asyncio.run(course())
    assert jobs(schema) == [("a", "12:00", False)]


def test_a_clock_that_goes_back_schedules_nothing_twice(schema: Target) -> None:
    told = Told()

    async def course() -> None:
        clock = SetClock(NOON)
        async with running(schema, [cron_item(EVERY_MINUTE, task="a")], clock, told):
            await clock.ring(NOON)
            await clock.ring(NOON + timedelta(seconds=59))
            await clock.ring(NOON - timedelta(hours=1))
            assert await clock.alarm() == NOON + MINUTE + timedelta(milliseconds=1)
            await clock.ring(NOON + MINUTE)

    asyncio.run(course())
    assert jobs(schema) == [("a", "12:00", False), ("a", "12:01", False)]
    assert told.of(CronPrematureTimer) == [
        CronPrematureTimer(now=NOON + timedelta(seconds=59), expected=NOON + MINUTE),
        CronPrematureTimer(now=NOON - timedelta(hours=1), expected=NOON + MINUTE),
    ]


def test_a_clock_that_goes_forward_leaves_no_minute_out(schema: Target) -> None:
    """What lies between follows at once, and is not made up for but done."""
    told = Told()

    async def course() -> None:
        clock = SetClock(NOON)
        items = [cron_item(EVERY_MINUTE, task="a"), cron_item("2 * * * *", task="b")]
        async with running(schema, items, clock, told):
            await clock.ring(NOON + 3 * MINUTE + timedelta(seconds=30))

    asyncio.run(course())
    assert jobs(schema) == [
        ("a", "12:00", False), ("a", "12:01", False), ("a", "12:02", False),
        ("b", "12:02", False), ("a", "12:03", False),
    ]  # fmt: skip
    assert told.of(CronOverdueTimer, CronBackfill) == [
        CronOverdueTimer(now=NOON + 3 * MINUTE + timedelta(seconds=30), expected=NOON)
    ]


def test_a_restart_makes_up_for_what_was_known(schema: Target) -> None:
    """As far back as each period reaches; a new item and one without a period get nothing."""
    told = Told()
    old = [filled(60, "long"), filled(2, "short"), cron_item(EVERY_MINUTE, task="never")]

    async def course() -> None:
        clock = SetClock(NOON)
        async with running(schema, old, clock):
            await clock.ring(NOON)
        clock = SetClock(NOON + timedelta(minutes=3, seconds=30))
        async with running(schema, [*old, filled(60, "new")], clock, told):
            await clock.ring(NOON + 4 * MINUTE)

    asyncio.run(course())
    assert [job for job in jobs(schema) if job[1] not in {"12:00", "12:04"}] == [
        ("long", "12:01", True),
        ("long", "12:02", True), ("short", "12:02", True),
        ("long", "12:03", True), ("short", "12:03", True),
    ]  # fmt: skip
    assert [job for job in jobs(schema) if job[1] == "12:04"] == [
        (name, "12:04", False) for name in ("long", "short", "never", "new")
    ]
    assert [event.minute for event in told.of(CronBackfill) if isinstance(event, CronBackfill)] == [
        NOON + MINUTE, NOON + 2 * MINUTE, NOON + 3 * MINUTE,
    ]  # fmt: skip


def test_what_was_known_and_never_due_is_made_up_for_too(schema: Target) -> None:
    """From when it was known, which is when its scheduler first started."""

    async def course() -> None:
        items = [filled(60, "a", "*/2 * * * *")]
        async with running(schema, items, SetClock(NOON + timedelta(seconds=1))):
            pass
        async with running(schema, items, SetClock(NOON + 5 * MINUTE)):
            pass

    asyncio.run(course())
    assert jobs(schema) == [("a", "12:02", True), ("a", "12:04", True)]


def test_schedulers_that_start_together_make_up_once(schema: Target) -> None:
    items = [filled(60, "a")]
    run_once(schema, items, NOON)

    async def together() -> None:
        clocks = [SetClock(NOON + 10 * MINUTE) for _ in range(3)]
        schedulers = [Scheduler(connecting(schema), items, clock=clock) for clock in clocks]
        await asyncio.gather(*(scheduler.start() for scheduler in schedulers))
        await asyncio.gather(*(clock.alarm() for clock in clocks))
        await asyncio.gather(*(scheduler.stop() for scheduler in schedulers))

    asyncio.run(together())
    assert [minute for _, minute, _ in jobs(schema)] == [f"12:{n:02}" for n in range(10)]


def test_new_items_are_taken_while_it_runs(schema: Target) -> None:
    """As at a start; the minute that was expected is neither lost nor done twice."""
    told = Told()
    a, b = filled(60, "a"), filled(60, "b")

    async def course() -> None:
        clock = SetClock(NOON + timedelta(seconds=1))
        async with running(schema, [a], clock, told) as scheduler:
            await clock.ring(NOON + MINUTE)
            scheduler.items = [a, b]
            assert scheduler.items == (a, b)
            await told.until(CronStarted, count=2)
            await clock.ring(NOON + 2 * MINUTE)
            scheduler.items = [b]
            await told.until(CronStarted, count=3)
            await clock.ring(NOON + 3 * MINUTE)

    asyncio.run(course())
    assert jobs(schema) == [
        ("a", "12:01", False), ("a", "12:02", False), ("b", "12:02", False), ("b", "12:03", False),
    ]  # fmt: skip


def test_new_items_do_not_lose_a_minute_that_is_overdue(schema: Target) -> None:
    async def course() -> None:
        clock = SetClock(NOON)
        told = Told()
        a = cron_item(EVERY_MINUTE, task="a")
        async with running(schema, [a], clock, told) as scheduler:
            await clock.ring(NOON)
            await clock.ring(NOON + timedelta(seconds=30))
            clock.set(NOON + 3 * MINUTE)
            scheduler.items = [a, cron_item("59 * * * *", task="b")]
            await told.until(CronStarted, count=2)
            await clock.ring(clock.now())

    asyncio.run(course())
    assert [minute for _, minute, _ in jobs(schema)] == ["12:00", "12:01", "12:02", "12:03"]


def test_a_function_that_raises_is_told_and_holds_up_nobody(schema: Target) -> None:
    told = Told()

    def broken(at: Digest) -> bool:
        raise LookupError(at.min)

    async def course() -> None:
        clock = SetClock(NOON)
        items = [cron_item(broken, task="broken"), cron_item(EVERY_MINUTE, task="a")]
        async with running(schema, items, clock, told):
            await clock.ring(NOON)

    asyncio.run(course())
    assert jobs(schema) == [("a", "12:00", False)]
    assert [type(event) for event in told.of(CronMatchFailed, CronFailed)] == [CronMatchFailed]


def test_a_listener_that_raises_is_logged(schema: Target, caplog: pytest.LogCaptureFixture) -> None:
    def broken(event: CronEvent) -> None:
        raise LookupError("no ears")

    items = [cron_item(EVERY_MINUTE, task="a")]
    asyncio.run(Scheduler(connecting(schema), items, events=broken).run_once(NOON))
    assert jobs(schema) == [("a", "12:00", False)]
    assert "a listener failed at CronSchedule" in caplog.text


def test_a_lost_race_for_a_row_is_run_again(schema: Target) -> None:
    """A serialization failure, which PostgreSQL asks to try again, and a deadlock."""
    execute(
        schema,
        """
        create sequence tries;
        create function lose() returns trigger language plpgsql as $$ begin
          if nextval('graphile_worker.tries') in (1, 3) then
            raise exception using errcode = case currval('graphile_worker.tries')
              when 1 then '40001' else '40P01' end;
          end if;
          return new;
        end $$;
        create trigger lose before insert on _private_jobs for each row execute function lose();
        """,
    )
    ids = run_once(schema, [cron_item(EVERY_MINUTE, task=name) for name in "abc"])
    assert ids.keys() == {"a", "b", "c"}
    assert len(jobs(schema)) == 3


def replace_add_job(target: Target, condition: str) -> None:
    """Let add_job return a row of nulls while a condition holds, as Graphile Worker's can."""
    execute(
        target,
        f"""
        create sequence tries;
        create schema real;
        alter function add_job set schema real;
        create function add_job(identifier text, payload json, queue_name text, run_at timestamptz,
          max_attempts int, job_key text, priority int, flags text[] default null,
          job_key_mode text default null) returns _private_jobs language plpgsql as $$
        declare result graphile_worker._private_jobs; begin
          if add_job.job_key is not null and nextval('graphile_worker.tries') {condition} then
            return null;
          end if;
          select * into result from real.add_job(
            add_job.identifier, add_job.payload, job_key => add_job.job_key,
            run_at => add_job.run_at);
          return result;
        end $$;
        """,
    )


def test_a_busy_job_key_is_tried_again(schema: Target) -> None:
    """The rest of the minute waits with it: neither a schedule's mark nor a job is left behind."""
    replace_add_job(schema, "< 3")
    items = [cron_item(EVERY_MINUTE, task="a"), cron_item(EVERY_MINUTE, task="b", job_key="k")]
    assert run_once(schema, items).keys() == {"a", "b"}
    assert sorted(jobs(schema)) == [("a", "12:00", False), ("b", "12:00", False)]


def test_a_job_key_that_stays_busy_is_an_error_that_leaves_nothing_behind(schema: Target) -> None:
    replace_add_job(schema, "> 0")
    with pytest.raises(KeyIsBusyError, match="'k'"):
        run_once(schema, [cron_item(EVERY_MINUTE, task="b", job_key="k")])
    assert fetch_all(schema, "select * from _private_known_crontabs") == []


def test_a_server_that_goes_away_and_comes_back(tmp_path_factory: Any) -> None:
    """It tries for ever, starts again, and makes up for the outage; nothing is done twice."""
    told = Told()

    async def course(server: LocalServer) -> None:
        clock = SetClock(NOON)
        with server:
            target = server.target()
            migrate(target, worker_migrations(), "graphile_worker")
            scheduler = Scheduler(
                connecting(target),
                [filled(60, "filled"), cron_item(EVERY_MINUTE, task="plain")],
                clock=clock, events=told,
            )  # fmt: skip
            await scheduler.start()
            await clock.ring(NOON)
        await clock.ring(NOON + MINUTE)
        for n in range(3):
            failures = [event for event in told.events if isinstance(event, CronFailed)]
            assert len(failures) == n + 1
            assert failures[n].attempt == n + 1
            low, high = 0.1 * 1.5**n, 0.3 * 1.5**n
            assert low <= failures[n].pause <= high
            assert await clock.alarm() == clock.now() + timedelta(seconds=failures[n].pause)
            await clock.ring(clock.now() + MINUTE)
        with server:
            await clock.ring(NOON + timedelta(minutes=5, seconds=30))
            await clock.ring(NOON + 6 * MINUTE)
            done = jobs(target)
        await clock.ring(NOON + 7 * MINUTE)
        await scheduler.stop()
        assert [event.attempt for event in told.events if isinstance(event, CronFailed)] == [
            1, 2, 3, 4, 1,
        ]  # fmt: skip
        assert [(minute, made_up) for task, minute, made_up in done if task == "filled"] == [
            ("12:00", False), *((f"12:0{n}", True) for n in range(1, 6)), ("12:06", False),
        ]  # fmt: skip
        assert [minute for task, minute, _ in done if task == "plain"] == ["12:00", "12:06"]

    with public_folder() as home:
        binaries = server_binaries()[EMBEDDED_MAJOR]
        asyncio.run(course(LocalServer(binaries, home / "server", FAST)))


def test_a_backend_that_is_terminated_in_the_middle(schema: Target) -> None:
    """Its minute is made up for after the pause."""
    told = Told()
    run_once(schema, [filled(60, "a")], NOON)

    async def course() -> None:
        clock = SetClock(NOON + timedelta(seconds=1))
        async with running(schema, [filled(60, "a")], clock, told):
            with connect(schema) as blocker:
                blocker.execute("begin; lock table graphile_worker._private_known_crontabs")
                ringing = asyncio.create_task(clock.ring(NOON + MINUTE))
                await told.until(CronSchedule)
                await asyncio.to_thread(terminate_waiting, schema)
                await told.until(CronFailed)
                await ringing
            await clock.ring(NOON + MINUTE + timedelta(seconds=1))

    asyncio.run(course())
    assert jobs(schema) == [("a", "12:00", False), ("a", "12:01", True)]


def terminate_waiting(target: Target) -> None:
    """End the one backend that waits for a lock, as soon as there is one."""
    with connect(target) as connection:
        while not connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where wait_event_type = 'Lock' and datname = current_database()"
        ).fetchall():
            pass


def test_stopping_waits_for_the_statement_that_runs(schema: Target) -> None:
    told = Told()

    async def course() -> None:
        clock = SetClock(NOON)
        scheduler = Scheduler(
            connecting(schema), [cron_item(EVERY_MINUTE, task="a")], clock=clock, events=told
        )
        await scheduler.start()
        await scheduler.start()
        await clock.alarm()
        with connect(schema) as blocker:
            blocker.execute("begin; lock table graphile_worker._private_known_crontabs")
            clock.wake(NOON)
            await told.until(CronSchedule)
            stopping = asyncio.create_task(scheduler.stop())
            await asyncio.to_thread(wait_for_lock, schema)
            assert not stopping.done()
        await stopping
        await scheduler.stop()

    asyncio.run(course())
    assert jobs(schema) == [("a", "12:00", False)]


def test_cancelling_a_stop_cuts_the_statement_off(schema: Target) -> None:
    async def course() -> None:
        told, clock = Told(), SetClock(NOON)
        scheduler = Scheduler(
            connecting(schema), [cron_item(EVERY_MINUTE, task="a")], clock=clock, events=told
        )
        await scheduler.start()
        await clock.alarm()
        with connect(schema) as blocker:
            blocker.execute("begin; lock table graphile_worker._private_known_crontabs")
            clock.wake(NOON)
            await told.until(CronSchedule)
            stopping = asyncio.create_task(scheduler.stop())
            await asyncio.to_thread(wait_for_lock, schema)
            stopping.cancel()
            with pytest.raises(asyncio.CancelledError):
                await stopping

    asyncio.run(course())
    assert jobs(schema) == []


def wait_for_lock(target: Target) -> None:
    """Return when a backend waits for a lock."""
    with connect(target) as connection:
        while not connection.execute(
            "select from pg_stat_activity "
            "where wait_event_type = 'Lock' and datname = current_database()"
        ).fetchall():
            pass


def test_the_systems_clock_sleeps_until_a_moment() -> None:
    async def nap(seconds: float) -> tuple[datetime, datetime]:
        clock = SystemClock()
        moment = clock.now() + timedelta(seconds=seconds)
        async with asyncio.timeout(30):
            await clock.sleep_until(moment)
        return moment, clock.now()

    for seconds in (0.02, 0, -3600):
        moment, woken = asyncio.run(nap(seconds))
        assert woken >= moment
        assert woken.tzinfo is UTC


def test_the_order_of_items_does_not_bring_schedulers_to_a_halt(schema: Target) -> None:
    """Schedulers with one crontab in two orders may deadlock, and then try again."""
    items = [cron_item(EVERY_MINUTE, task="t", identifier=f"i{n}") for n in range(300)]

    async def together(make: Callable[[list[CronItem]], Scheduler]) -> int:
        added = 0
        for n in range(3):
            tries = (make(items), make(items[::-1]))
            ids = await asyncio.gather(*(one.run_once(NOON + n * MINUTE) for one in tries))
            added += sum(map(len, ids))
        return added

    added = asyncio.run(together(lambda order: Scheduler(connecting(schema), order)))
    assert added == 900
    assert len(jobs(schema)) == 900
