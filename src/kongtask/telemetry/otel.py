"""Traces and metrics by OpenTelemetry: from the code that adds a job to the task that runs it.

Adding a job is a span of the kind producer, running it one of the kind consumer. The first one's
context travels with the job as one of its flags, so that neither the tables nor the payload change,
and whoever else runs the job does not notice.

Names follow OpenTelemetry's semantic conventions for messaging.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from time import perf_counter, time
from typing import Any, Literal, TypeVar

from msgspec.structs import replace
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.metrics import MeterProvider, get_meter
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import kongtask
from kongtask.jobs import Job, JobSpec
from kongtask.jobs.statements import Steps
from kongtask.jobs.surrounding import Change, surround_adding
from kongtask.worker import App, Context

T = TypeVar("T")

Relation = Literal["link", "child"]

#: What the queue is called: it is Graphile Worker's, whoever adds and runs its jobs.
SYSTEM = "graphile_worker"

#: The headers of the W3C's trace context. Each becomes a flag of the job: ``traceparent:00-…``.
_HEADERS = ("traceparent", "tracestate")

_PROPAGATOR = TraceContextTextMapPropagator()

#: Upper bounds in seconds, those that the conventions ask for.
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


def instrument(
    app: App | None = None,
    *,
    relation: Relation = "link",
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> Callable[[], None]:
    """Trace the adding of jobs in this process, and an application's workers.

    Call it once, before a worker begins. Without an SDK that is set up, nothing is recorded.

    Args:
        app: whose jobs are traced while they run; None where jobs are only added.
        relation: how the span of a run refers to that of the adding. ``link``: it begins a trace of
            its own, and links to the other. ``child``: it belongs to the same trace, which then
            lasts until the last attempt.
        tracer_provider: instead of the process's.
        meter_provider: instead of the process's.

    Returns:
        A function that ends it: jobs that are added, and jobs that begin, are not traced any more.
    """
    instruments = _Instruments(tracer_provider, meter_provider)
    end_adding = surround_adding(_Adding(instruments).around)
    running = _Running(instruments, relation)
    if app is not None:
        app.middleware(running.around)

    def end() -> None:
        end_adding()
        running.is_on = False

    return end


class _Instruments:
    """The tracer, and the meters that the conventions name.

    Args:
        tracers: makes the tracer; None for the process's own.
        meters: makes the meters; the same.
    """

    def __init__(self, tracers: TracerProvider | None, meters: MeterProvider | None) -> None:
        name, version = "kongtask", kongtask.__version__
        self.tracer = trace.get_tracer(name, version, tracers)
        meter = get_meter(name, version, meters)
        self.sent = meter.create_counter(
            "messaging.client.sent.messages", "{message}", "Jobs that were to be added."
        )
        self.operations = meter.create_histogram(
            "messaging.client.operation.duration", "s", "How long it took to add jobs.",
            explicit_bucket_boundaries_advisory=_BOUNDS,
        )  # fmt: skip
        self.consumed = meter.create_counter(
            "messaging.client.consumed.messages", "{message}", "Attempts that were begun."
        )
        self.processes = meter.create_histogram(
            "messaging.process.duration", "s", "How long an attempt took.",
            explicit_bucket_boundaries_advisory=_BOUNDS,
        )  # fmt: skip
        self.waits = meter.create_histogram(
            "kongtask.job.waiting", "s", "From when a job was due to its begin.",
            explicit_bucket_boundaries_advisory=_BOUNDS,
        )  # fmt: skip
        self.running = meter.create_up_down_counter(
            "kongtask.jobs.running", "{job}", "Jobs that run now."
        )


class _Adding:
    """Goes around each call that adds jobs."""

    def __init__(self, instruments: _Instruments) -> None:
        self._instruments = instruments

    def around(
        self, name: str, specs: Sequence[JobSpec], add: Callable[[Change], Steps[T]]
    ) -> Steps[T]:
        """Add jobs in a span, whose context goes with each of them."""
        identifiers = {spec.identifier for spec in specs}
        attributes: dict[str, Any] = _attributes(
            name, "send", next(iter(identifiers)) if len(identifiers) == 1 else None
        )
        began, failed = perf_counter(), {}
        count = {} if name == "add_job" else {"messaging.batch.message_count": len(specs)}
        span = self._instruments.tracer.start_span(
            _span_name(attributes), kind=SpanKind.PRODUCER, attributes={**attributes, **count}
        )
        # What a driver's own instrumentation traces meanwhile belongs to this span.
        token = otel_context.attach(trace.set_span_in_context(span))
        try:
            added = yield from add(_carrying())
        except BaseException as error:
            failed = _record(span, error)
            raise
        else:
            if isinstance(added, Job):
                span.set_attribute("messaging.message.id", str(added.id))
            return added
        finally:
            otel_context.detach(token)
            span.end()
            self._instruments.sent.add(len(specs), {**attributes, **failed})
            self._instruments.operations.record(perf_counter() - began, {**attributes, **failed})


class _Running:
    """Goes around each job that runs."""

    def __init__(self, instruments: _Instruments, relation: Relation) -> None:
        self._instruments, self._relation = instruments, relation
        self.is_on = True

    async def around(self, context: Context, run: Callable[[], Awaitable[Any]]) -> Any:
        """Run a job in a span that refers to the one that it was added in."""
        if not self.is_on:
            return await run()
        job, instruments = context.job, self._instruments
        attributes = _attributes("process", "process", job.task_identifier)
        began, failed = perf_counter(), {}
        parent, links = self._origin(job.flags)
        instruments.consumed.add(1, attributes)
        instruments.waits.record(job.waited(time()), attributes)
        instruments.running.add(1, attributes)
        try:
            with instruments.tracer.start_as_current_span(
                _span_name(attributes), context=parent, kind=SpanKind.CONSUMER, links=links,
                attributes={
                    **attributes,
                    "messaging.message.id": str(job.id),
                    "messaging.client.id": context.pool_id,
                    "messaging.graphile_worker.attempt": job.attempts,
                    "messaging.graphile_worker.max_attempts": job.max_attempts,
                },
                record_exception=False, set_status_on_exception=False,
            ) as span:  # fmt: skip
                try:
                    return await run()
                except BaseException as error:
                    failed = _record(span, error)
                    raise
        finally:
            instruments.running.add(-1, attributes)
            instruments.processes.record(perf_counter() - began, {**attributes, **failed})

    def _origin(self, flags: Iterable[str]) -> tuple[otel_context.Context, Sequence[Link]]:
        """Return the parent of a run's span, and what it links to."""
        nothing = otel_context.Context()
        carrier = {
            header: flag[len(header) + 1 :]
            for flag in flags
            for header in _HEADERS
            if flag.startswith(f"{header}:")
        }
        origin = _PROPAGATOR.extract(carrier, nothing)
        found = trace.get_current_span(origin).get_span_context()
        if not found.is_valid:
            return nothing, ()
        return (origin if self._relation == "child" else nothing), (Link(found),)


def _carrying() -> Change:
    """Return what lets specs carry the current span's context, unless they carry one already."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    flags = [f"{header}:{value}" for header, value in carrier.items()]

    def change(spec: JobSpec) -> JobSpec:
        own = tuple(spec.flags or ())
        if not flags or any(flag.startswith("traceparent:") for flag in own):
            return spec
        return replace(spec, flags=(*own, *flags))

    return change


def _attributes(name: str, type_: str, identifier: str | None) -> dict[str, str]:
    attributes = {
        "messaging.system": SYSTEM,
        "messaging.operation.name": name,
        "messaging.operation.type": type_,
    }
    if identifier is not None:
        attributes["messaging.destination.name"] = identifier
    return attributes


def _span_name(attributes: dict[str, Any]) -> str:
    destination = attributes.get("messaging.destination.name")
    name = str(attributes["messaging.operation.name"])
    return name if destination is None else f"{name} {destination}"


def _record(span: Span, error: BaseException) -> dict[str, str]:
    """Record on a span what went wrong; return it as an attribute for metrics."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else (
        f"{kind.__module__}.{kind.__qualname__}"
    )  # fmt: skip
    span.record_exception(error)
    span.set_attribute("error.type", name)
    span.set_status(Status(StatusCode.ERROR, str(error).partition("\n")[0]))
    return {"error.type": name}
