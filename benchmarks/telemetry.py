"""What does it cost a worker to be watched: CPU of its process for a job that does nothing.

The worker runs in this process, in turn with nothing on, with health, with metrics, and traced with
and without an SDK that records. Figures are medians.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from kongtask import App
from kongtask.database.connection import Target, connect
from kongtask.database.scratch import scratch_database
from kongtask.telemetry.endpoint import Place, serving_worker
from kongtask.telemetry.health import Health
from kongtask.telemetry.otel import instrument
from support.contestants import make_queue
from support.report import Column, Report, median, note, options
from support.server import bench_server, facts

COLUMNS = (
    Column("name", "worker"),
    Column("us", "CPU µs a job", ".1f"),
    Column("more", "more", "+.1f"),
)

Watching = Callable[[App], AbstractAsyncContextManager[object]]


@asynccontextmanager
async def nothing(app: App) -> AsyncIterator[None]:
    """Watch nothing."""
    yield


@asynccontextmanager
async def health(app: App) -> AsyncIterator[None]:
    """Follow its health."""
    Health(app.emitter)
    yield


def metrics(app: App) -> AbstractAsyncContextManager[object]:
    """Serve health and metrics."""
    return serving_worker(app, Place())


@asynccontextmanager
async def traced(app: App) -> AsyncIterator[None]:
    """Trace with the API alone."""
    stop = instrument(app)
    yield
    stop()


@asynccontextmanager
async def recorded(app: App) -> AsyncIterator[None]:
    """Trace and measure with an SDK that records all, and sends nothing."""
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider

    stop = instrument(app, tracer_provider=TracerProvider(), meter_provider=MeterProvider())
    yield
    stop()


KINDS: dict[str, Watching] = {
    "nobody watches": nothing,
    "health": health,
    "health and metrics": metrics,
    "OpenTelemetry without an SDK": traced,
    "OpenTelemetry with its SDK": recorded,
}


def cpu(target: Target, jobs: int, watch: Watching) -> float:
    """Run jobs; return the microseconds of CPU that each took this process."""
    app = App(target.conninfo)

    @app.task
    async def noop() -> None: ...

    with connect(target) as connection:
        connection.execute(
            "insert into graphile_worker._private_jobs (task_id, payload) "
            "select tasks.id, '{}' from graphile_worker._private_tasks as tasks, "
            "generate_series(1, %s) where tasks.identifier = 'noop'",
            [jobs],
        )

    async def main() -> float:
        async with watch(app):
            began = time.process_time()
            await app.run_once()
            return time.process_time() - began

    return asyncio.run(main()) / jobs * 1e6


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, rounds=5)
    parser.add_argument("--jobs", type=int, default=20_000)
    given = parser.parse_args()
    figures: dict[str, list[float]] = {name: [] for name in KINDS}
    with bench_server(given.conn) as server:
        report = Report(parser.description or "", facts(server.target))
        with scratch_database(server.target) as target:
            make_queue(target)
            for number in range(given.rounds):
                for name, watch in KINDS.items():
                    figures[name].append(cpu(target, given.jobs, watch))
                    note(f"round {number + 1}: {name} {figures[name][-1]:.1f} µs")
    medians = {name: median(values) for name, values in figures.items()}
    first = medians["nobody watches"]
    rows = [{"name": name, "us": us, "more": us - first} for name, us in medians.items()]
    report.add("being watched", COLUMNS, rows)
    report.print(as_json=given.json)


if __name__ == "__main__":
    main()
