"""Traces from the adding of a job to its end, as an exporter in memory gets them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import psycopg
import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session

import kongtask
from kongtask.jobs import JobSpec
from kongtask.telemetry.otel import Relation, instrument
from kongtask.worker import App, Context, Snooze, ThreadContext
from tests.worker.queue import Queue
from tests.worker.running import run


@dataclass
class Telescope:
    """What was traced and measured."""

    tracers: TracerProvider
    exporter: InMemorySpanExporter
    meters: MeterProvider
    reader: InMemoryMetricReader

    def instrument(
        self, app: App | None = None, *, relation: Relation = "link"
    ) -> Callable[[], None]:
        return instrument(
            app, relation=relation, tracer_provider=self.tracers, meter_provider=self.meters
        )

    def spans(self, kind: SpanKind) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.kind is kind]

    def span(self, kind: SpanKind) -> ReadableSpan:
        (span,) = self.spans(kind)
        return span

    def points(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        """Return attributes and value, or count, of each point of a metric."""
        data = self.reader.get_metrics_data()
        assert data is not None
        return [
            (
                dict(point.attributes or {}),
                getattr(point, "value", None) or getattr(point, "count", 0),
            )
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@pytest.fixture
def telescope() -> Iterator[Telescope]:
    tracers, exporter, reader = TracerProvider(), InMemorySpanExporter(), InMemoryMetricReader()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    meters = MeterProvider([reader])
    yield Telescope(tracers, exporter, meters, reader)
    tracers.shutdown()
    meters.shutdown()


@pytest.fixture
def traced(telescope: Telescope, app: App) -> Iterator[Telescope]:
    """The application's jobs are traced."""
    stop = telescope.instrument(app)
    yield telescope
    stop()


def url(queue: Queue, driver: str) -> str:
    given = conninfo_to_dict(queue.conninfo)
    return f"postgresql+{driver}://{given['user']}@/{given['dbname']}?host={given['host']}"


def by_psycopg(queue: Queue) -> None:
    with psycopg.connect(queue.conninfo) as connection:
        kongtask.add_job(connection, "task", {"n": 1})


def by_psycopg_async(queue: Queue) -> None:
    async def add() -> None:
        async with await psycopg.AsyncConnection.connect(queue.conninfo) as connection:
            await kongtask.add_job(connection, "task", {"n": 1})

    run(add())


def by_asyncpg(queue: Queue) -> None:
    async def add() -> None:
        given = conninfo_to_dict(queue.conninfo)
        connection = await asyncpg.connect(
            host=given["host"], user=given["user"], database=given["dbname"]
        )
        try:
            await kongtask.add_job(connection, "task", {"n": 1})
        finally:
            await connection.close()

    run(add())


def by_sqlalchemy(queue: Queue) -> None:
    engine = create_engine(url(queue, "psycopg"))
    with Session(engine) as session, session.begin():
        kongtask.add_job(session, "task", {"n": 1})
    engine.dispose()


def by_sqlalchemy_async(queue: Queue) -> None:
    async def add() -> None:
        engine = create_async_engine(url(queue, "asyncpg"))
        async with engine.begin() as connection:
            await kongtask.add_job(connection, "task", {"n": 1})
        await engine.dispose()

    run(add())


ADDERS = (by_psycopg, by_psycopg_async, by_asyncpg, by_sqlalchemy, by_sqlalchemy_async)


@pytest.mark.parametrize("add", ADDERS, ids=[add.__name__ for add in ADDERS])
def test_a_run_links_to_the_adding_of_its_job_with_every_driver(
    queue: Queue, app: App, traced: Telescope, add: Callable[[Queue], None]
) -> None:
    got: list[Any] = []

    @app.task
    async def task(payload: dict[str, int], context: Context) -> None:
        got.append((payload, context.job.attempts))

    with traced.tracers.get_tracer("test").start_as_current_span("request") as request:
        add(queue)
    run(app.run_once())
    assert got == [({"n": 1}, 1)]
    sent, done = traced.span(SpanKind.PRODUCER), traced.span(SpanKind.CONSUMER)
    assert sent.context is not None
    assert done.context is not None
    assert sent.parent == request.get_span_context()
    assert [link.context.span_id for link in done.links] == [sent.context.span_id]
    assert [link.context.trace_id for link in done.links] == [sent.context.trace_id]
    assert done.parent is None
    assert done.context.trace_id != sent.context.trace_id
    assert sent.name == "add_job task"
    assert dict(sent.attributes or {}) == {
        "messaging.system": "graphile_worker",
        "messaging.operation.name": "add_job",
        "messaging.operation.type": "send",
        "messaging.destination.name": "task",
        "messaging.message.id": "1",
    }
    assert done.name == "process task"
    attributes = dict(done.attributes or {})
    assert str(attributes.pop("messaging.client.id")).startswith("otpool-")
    assert attributes == {
        "messaging.system": "graphile_worker",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "task",
        "messaging.message.id": "1",
        "messaging.graphile_worker.attempt": 1,
        "messaging.graphile_worker.max_attempts": 25,
    }
    assert done.status.status_code is StatusCode.UNSET


def test_a_run_may_be_a_part_of_the_trace_that_added_its_job(
    queue: Queue, app: App, telescope: Telescope
) -> None:
    @app.task
    async def task() -> None: ...

    stop = telescope.instrument(app, relation="child")
    try:
        by_psycopg(queue)
        run(app.run_once())
    finally:
        stop()
    sent, done = telescope.span(SpanKind.PRODUCER), telescope.span(SpanKind.CONSUMER)
    assert sent.context is not None
    assert done.parent is not None
    assert done.parent.span_id == sent.context.span_id
    assert done.parent.trace_id == sent.context.trace_id
    assert len(done.links) == 1


def test_many_jobs_are_one_span_which_each_of_them_links_to(
    queue: Queue, app: App, traced: Telescope
) -> None:
    @app.task
    async def task() -> None: ...

    @app.task
    async def other() -> None: ...

    async def add() -> None:
        specs = [JobSpec(identifier=name, flags=["mine"]) for name in ("task", "other", "task")]
        assert len(await app.add_jobs(specs)) == 3
        async with await psycopg.AsyncConnection.connect(queue.conninfo) as connection:
            await kongtask.add_jobs(connection, specs[:1], returning=False)

    run(add())
    assert all("mine" in flags and len(flags) == 2 for flags in queue.jobs("flags"))
    run(app.run_once())
    first, second = traced.spans(SpanKind.PRODUCER)
    assert (first.name, second.name) == ("add_jobs", "add_jobs task")
    assert (first.attributes or {})["messaging.batch.message_count"] == 3
    links = [
        link.context.span_id for span in traced.spans(SpanKind.CONSUMER) for link in span.links
    ]
    assert first.context is not None
    assert second.context is not None
    assert sorted(links) == sorted([first.context.span_id] * 3 + [second.context.span_id])


@pytest.mark.parametrize("is_transactional", [False, True])
def test_spans_of_a_task_belong_to_its_run_also_in_a_thread(
    queue: Queue, app: App, traced: Telescope, is_transactional: bool
) -> None:
    tracer = traced.tracers.get_tracer("test")

    @app.task
    async def in_loop() -> None:
        with tracer.start_as_current_span("loop"):
            pass

    @app.task(transactional=is_transactional)
    def in_thread(context: ThreadContext) -> None:
        with tracer.start_as_current_span("thread"):
            context.add_job("in_loop")

    queue.add("in_thread")
    run(app.run_once())
    runs = {span.name: span for span in traced.spans(SpanKind.CONSUMER)}
    (sent,) = traced.spans(SpanKind.PRODUCER)
    inner = {span.name: span for span in traced.spans(SpanKind.INTERNAL)}
    assert inner["thread"].parent == runs["process in_thread"].context
    assert inner["loop"].parent == runs["process in_loop"].context
    assert runs["process in_thread"].links == ()
    assert sent.parent == inner["thread"].context
    assert sent.context is not None
    links = [link.context.span_id for link in runs["process in_loop"].links]
    assert links == [sent.context.span_id]


def test_what_fails_is_an_error_of_its_span_and_what_is_snoozed_is_none(
    queue: Queue, app: App, traced: Telescope
) -> None:
    @app.task
    async def bad() -> None:
        raise ValueError("no good")

    @app.task
    async def later() -> Snooze:
        return Snooze(in_=60)

    @app.task
    async def batch(payload: list[int]) -> list[Any]:
        async def entry(number: int) -> None:
            if number == 2:
                raise LookupError("two")

        return [entry(number) for number in payload]

    queue.add("bad")
    queue.add("later")
    queue.add("batch", [1, 2])
    run(app.run_once())
    spans = {span.name: span for span in traced.spans(SpanKind.CONSUMER)}
    bad_span, batch_span = spans["process bad"], spans["process batch"]
    assert bad_span.status.status_code is StatusCode.ERROR
    assert bad_span.status.description == "no good"
    assert (bad_span.attributes or {})["error.type"] == "ValueError"
    assert [event.name for event in bad_span.events] == ["exception"]
    assert batch_span.status.status_code is StatusCode.ERROR
    assert (batch_span.attributes or {})["error.type"] == "kongtask.errors.BatchError"
    assert spans["process later"].status.status_code is StatusCode.UNSET
    durations = {
        attributes["messaging.destination.name"]: (attributes.get("error.type"), count)
        for attributes, count in traced.points("messaging.process.duration")
    }
    assert durations["bad"] == ("ValueError", 1)
    assert durations["later"] == (None, 1)
    assert len(traced.points("messaging.client.consumed.messages")) == 3
    assert [value for _, value in traced.points("kongtask.jobs.running")] == [0, 0, 0]


def test_adding_that_fails_is_an_error_of_its_span(queue: Queue, traced: Telescope) -> None:
    with psycopg.connect(queue.conninfo) as connection:
        with pytest.raises(kongtask.errors.SchemaNotFoundError):
            kongtask.add_job(connection, "task", schema="nowhere")
        connection.rollback()
        kongtask.add_job(connection, "task")
    failed, _ = traced.spans(SpanKind.PRODUCER)
    assert failed.status.status_code is StatusCode.ERROR
    assert (failed.attributes or {})["error.type"] == "kongtask.errors.SchemaNotFoundError"
    assert sorted(value for _, value in traced.points("messaging.client.sent.messages")) == [1, 1]
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_a_job_that_carries_a_context_keeps_it(queue: Queue, traced: Telescope) -> None:
    mine = "traceparent:00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with psycopg.connect(queue.conninfo) as connection:
        job = kongtask.add_job(connection, "task", flags=[mine])
    assert job.flags == frozenset([mine])


def test_a_trace_that_is_not_sampled_is_told_to_the_worker(queue: Queue, app: App) -> None:
    @app.task
    async def task() -> None: ...

    exporter, tracers = InMemorySpanExporter(), TracerProvider(sampler=ALWAYS_OFF)
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    stop = instrument(tracer_provider=tracers)
    try:
        by_psycopg(queue)
    finally:
        stop()
    ((flag,),) = queue.jobs("flags")
    assert not int(flag[-2:], 16) & 1


def test_flags_of_others_that_look_like_a_context_harm_nobody(
    queue: Queue, app: App, traced: Telescope
) -> None:
    @app.task
    async def task() -> None: ...

    queue.add("task", flags=["traceparent:nonsense", "tracestate:=", "traceparent:"])
    run(app.run_once())
    assert traced.span(SpanKind.CONSUMER).links == ()
    assert queue.jobs() == []


def test_nothing_is_added_to_a_job_where_nobody_traces(queue: Queue, app: App) -> None:
    by_psycopg(queue)
    stop = instrument()  # without an SDK
    try:
        by_psycopg(queue)
    finally:
        stop()
    assert queue.jobs("flags") == [None, None]


def test_the_payload_is_what_it_would_be(queue: Queue, traced: Telescope) -> None:
    by_psycopg(queue)
    assert json.dumps(queue.jobs("payload")[0]) == '{"n": 1}'


def test_ending_it_ends_both(queue: Queue, app: App, telescope: Telescope) -> None:
    @app.task
    async def task() -> None: ...

    telescope.instrument(app)()
    by_psycopg(queue)
    run(app.run_once())
    assert telescope.exporter.get_finished_spans() == ()
    assert queue.jobs() == []


def test_a_cancelled_call_leaves_no_span_behind(queue: Queue, traced: Telescope) -> None:
    async def work() -> None:
        async with await psycopg.AsyncConnection.connect(queue.conninfo) as blocked:
            queue.connection.execute(b"begin")
            queue.connection.execute(b"lock table graphile_worker._private_jobs")
            adding = asyncio.ensure_future(kongtask.add_job(blocked, "task"))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(adding), 0.1)
            adding.cancel()
            with pytest.raises(asyncio.CancelledError):
                await adding
            queue.connection.execute(b"rollback")
            await blocked.rollback()
        assert trace.get_current_span() is trace.INVALID_SPAN

    run(work())
    assert traced.span(SpanKind.PRODUCER).status.status_code is StatusCode.ERROR
