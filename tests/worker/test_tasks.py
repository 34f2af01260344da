"""How a job reaches its task's function, and what becomes of what the function does."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
import pydantic
import pytest

from kongtask.errors import UsageError
from kongtask.worker import App, Context, ThreadContext

from .queue import Queue


@dataclass
class Mail:
    to: str
    tries: int = 1


class Order(TypedDict):
    id: int


class Person(pydantic.BaseModel):
    name: str
    age: int


class Point(msgspec.Struct):
    x: int


def cpu_work(number: int) -> None:
    """Run in a process: it says there that it was called, and which process it is."""
    with open(os.environ["KONGTASK_TEST_FILE"], "a") as file:  # noqa: PTH123
        file.write(f"{number} {os.getpid()}\n")


def end_the_process() -> None:
    os._exit(3)


def run_once(app: App, **options: Any) -> None:
    asyncio.run(app.run_once(**options))


@pytest.mark.parametrize(
    ("type_", "payload", "expected"),
    [
        (dict, {"a": 1}, {"a": 1}),
        (Any, [1, "x"], [1, "x"]),
        (int, 5, 5),
        (list[int], [1, 2], [1, 2]),
        (Mail, {"to": "a@b"}, Mail("a@b")),
        (Order, {"id": 3}, {"id": 3}),
        (Person, {"name": "A", "age": 3}, Person(name="A", age=3)),
        (Point, {"x": 1}, Point(1)),
    ],
)
def test_a_payload_arrives_as_the_type_hint_says(
    queue: Queue, app: App, type_: Any, payload: object, expected: object
) -> None:
    got = []

    async def task(payload: Any) -> None:
        got.append(payload)

    task.__annotations__["payload"] = type_
    app.task("t")(task)
    queue.add("t", payload)
    run_once(app)
    assert got == [expected]
    assert queue.jobs() == []


@pytest.mark.parametrize(
    ("type_", "message"),
    [
        (Mail, "the payload does not fit: Object missing required field `to`"),
        (Order, "the payload does not fit: Object missing required field `id`"),
        (int, "the payload does not fit: Expected `int`, got `object`"),
        (Person, "the payload does not fit Person: 2 validation errors for Person"),
    ],
)
def test_a_payload_that_does_not_fit_fails_the_job_readably(
    queue: Queue, app: App, type_: Any, message: str
) -> None:
    async def task(payload: Any) -> None:
        raise AssertionError("not called")

    task.__annotations__["payload"] = type_
    app.task("t")(task)
    queue.add("t", {})
    run_once(app)
    (error,) = queue.jobs("last_error")
    assert error.startswith(message)


def test_several_parameters_take_the_members_of_the_payload(queue: Queue, app: App) -> None:
    got = []

    @app.task
    async def send(to: str, *, tries: int = 3) -> None:
        got.append((to, tries))

    queue.add("send", {"to": "a"})
    queue.add("send", {"to": "b", "tries": 1})
    run_once(app)
    assert sorted(got) == [("a", 3), ("b", 1)]
    queue.add("send", {"to": "a", "other": 1})
    run_once(app)
    assert queue.jobs("last_error") == [
        "the payload does not fit: Object contains unknown field `other`"
    ]


def test_one_plain_parameter_takes_the_payload_or_its_member_of_that_name(
    queue: Queue, app: App
) -> None:
    got: list[object] = []

    @app.task
    async def send(to: str) -> None:
        got.append(to)

    @app.task
    async def many(ids: list[int] | None = None) -> None:
        got.append(ids)

    @app.task
    async def anything(value: dict[str, int]) -> None:
        got.append(value)

    queue.add("send", "a")
    queue.add("send", {"to": "b"})
    queue.add("many", {"ids": [1]})
    queue.add("many", [2])
    queue.add("many", {})
    queue.add("anything", {"value": 3})
    run_once(app, concurrency=1)
    assert got == ["a", "b", [1], [2], None, {"value": 3}]
    queue.add("send", {"name": "c"})
    run_once(app)
    assert queue.jobs("last_error") == [
        "the payload does not fit: Object contains unknown field `name`"
    ]


def test_a_task_may_take_nothing_or_its_context_alone(queue: Queue, app: App) -> None:
    got: list[object] = []

    @app.task
    async def nothing() -> None:
        got.append(None)

    @app.task
    async def alone(context: Context) -> None:
        job = context.job
        got.append((job.id, job.task_identifier, job.payload, job.attempts, job.key, job.flags))
        assert await context.query("select 1 + %s", [1]) == [(2,)]
        assert await context.get_queue_name() == "q"
        assert not context.is_cancelled

    queue.add("nothing", {"ignored": 1})
    id_ = queue.add("alone", [1], queue_name="q", job_key="k", flags=["f"])
    run_once(app)
    assert got == [None, (id_, "alone", [1], 1, "k", frozenset({"f"}))]
    assert queue.jobs() == []


def test_ordinary_functions_run_in_threads_with_a_context_that_waits(
    queue: Queue, app: App
) -> None:
    got: list[object] = []

    @app.task
    def blocking(payload: int, context: ThreadContext) -> None:
        assert threading.current_thread() is not threading.main_thread()
        got.append((payload, context.query("select 2"), context.job.attempts))

    queue.add("blocking", 7)
    run_once(app)
    assert got == [(7, [(2,)], 1)]


def test_functions_run_in_processes_where_that_is_asked(
    queue: Queue, app: App, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KONGTASK_TEST_FILE", str(tmp_path / "calls"))
    app.task(process=True)(cpu_work)
    queue.add("cpu_work", 1)
    queue.add("cpu_work", 2)
    run_once(app)
    lines = [line.split() for line in (tmp_path / "calls").read_text().splitlines()]
    assert sorted(number for number, _ in lines) == ["1", "2"]
    assert str(os.getpid()) not in {pid for _, pid in lines}


def test_a_process_that_dies_fails_its_job_and_the_next_one_runs(
    queue: Queue, app: App, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KONGTASK_TEST_FILE", str(tmp_path / "calls"))
    app.task(process=True)(end_the_process)
    app.task(process=True)(cpu_work)
    queue.add("end_the_process", None, priority=-1)
    run_once(app, concurrency=1)
    queue.add("cpu_work", 1)
    run_once(app, concurrency=1)
    assert (tmp_path / "calls").read_text().startswith("1 ")
    (error,) = queue.jobs("last_error")
    assert "has died" in error


class OddError(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("no good"), "no good"),
        (ValueError(), "ValueError"),
        (Exception(), "Non error or error without message thrown."),
        (KeyError("k"), "'k'"),
        (OddError(), "OddError"),
        (SystemExit("bye"), "bye"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (asyncio.CancelledError(), "CancelledError"),
        (ValueError("nul \0 and lone \ud800"), "nul \\0 and lone \\ud800"),
    ],
)
@pytest.mark.parametrize("kind", ["async", "thread"])
def test_whatever_a_task_raises_is_the_job_s_last_error_and_the_worker_lives_on(
    queue: Queue, app: App, error: BaseException, message: str, kind: str
) -> None:
    got = []

    async def in_loop() -> None:
        raise error

    def in_thread() -> None:
        raise error

    app.task("bad")(in_loop if kind == "async" else in_thread)

    @app.task
    async def good() -> None:
        got.append(1)

    queue.add("bad", priority=-1)
    queue.add("good")
    run_once(app, concurrency=1)
    assert got == [1]
    assert queue.jobs("last_error, attempts, locked_by") == [(message, 1, None)]


def test_a_job_in_its_own_time_fails_by_the_rule_until_no_attempt_is_left(
    queue: Queue, app: App
) -> None:
    @app.task
    async def bad() -> None:
        raise ValueError("no")

    queue.add("bad", max_attempts=2)
    run_once(app)
    row = queue.connection.execute(b"""
        select attempts, is_available, extract(epoch from run_at - now()) between 1.5 and 2.72
        from graphile_worker._private_jobs
    """).fetchone()
    assert row == (1, True, True)
    queue.connection.execute(b"update graphile_worker._private_jobs set run_at = now()")
    run_once(app)
    assert queue.jobs("attempts, is_available, last_error") == [(2, False, "no")]


def test_of_a_batch_job_only_the_failed_entries_are_left(queue: Queue, app: App) -> None:
    @app.task
    async def batch(payload: list[int]) -> list[object]:
        async def one(number: int) -> int:
            if number % 2:
                raise ValueError(f"odd: {number}")
            return number

        return [one(number) for number in payload]

    queue.add("batch", [1, 2, 3, 4])
    queue.add("batch", [2, 4])
    run_once(app)
    assert queue.jobs("payload, last_error") == [([1, 3], "Batch failures:\nodd: 1\nodd: 3")]


def test_a_payload_of_50_megabytes_arrives(queue: Queue, app: App) -> None:
    got = []

    @app.task
    async def large(payload: str) -> None:
        got.append(len(payload))

    queue.add("large", "x" * 50_000_000)
    run_once(app)
    assert got == [50_000_000]


def test_middleware_is_called_around_each_job_the_first_outermost(queue: Queue, app: App) -> None:
    got = []

    @app.middleware
    async def outer(context: Context, call_next: Any) -> Any:
        got.append(f"outer {context.job.task_identifier}")
        result = await call_next()
        got.append(f"outer got {result}")
        return result

    @app.middleware
    async def inner(context: Context, call_next: Any) -> Any:
        got.append("inner")
        return await call_next()

    @app.task
    async def t() -> str:
        got.append("task")
        return "done"

    queue.add("t")
    run_once(app)
    assert got == ["outer t", "inner", "task", "outer got done"]


def test_a_task_that_hides_that_it_is_async_fails_and_says_so(queue: Queue, app: App) -> None:
    """Its coroutine would never run, and the job would count as done."""

    async def real() -> None: ...

    @app.task("hidden")
    @functools.wraps(real)
    def hide() -> object:
        return real()

    queue.add("hidden")
    run_once(app)
    (error,) = queue.jobs("last_error")
    assert "the task hidden is no async function, but has returned a coroutine" in error


@pytest.mark.parametrize("result", [object(), 3, {"a": 1}, Exception("returned, not raised"), b"x"])
def test_what_a_task_returns_is_nobodys_business(queue: Queue, app: App, result: object) -> None:
    @app.task
    async def task() -> object:
        return result

    queue.add("task")
    run_once(app)
    assert queue.jobs() == []


def generating() -> Any:
    yield 1


async def generating_async() -> Any:
    yield 1


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda app: app.task("")(print), "1 to 128 characters"),
        (lambda app: app.task("x" * 129)(lambda: None), "1 to 128 characters"),
        (lambda app: app.task("t")(lambda *args: None), "takes *args or **kwargs"),
        (lambda app: app.task("t")(lambda a, /: None), "takes a"),
        (lambda app: app.task("t", process=True)(lambda: None), "at the top of a module"),
        (lambda app: app.task("t")(generating), "is a generator"),
        (lambda app: app.task("t")(generating_async), "is a generator"),
        (lambda app: [app.task("t")(cpu_work) for _ in range(2)], "two tasks"),
    ],
)
def test_what_cannot_be_a_task_is_refused(app: App, make: Any, reason: str) -> None:
    with pytest.raises(UsageError, match=reason.replace("*", r"\*")):
        make(app)


def test_a_task_stays_the_function_that_it_was(app: App) -> None:
    @app.task
    def double(number: int) -> int:
        return 2 * number

    assert double(4) == 8
