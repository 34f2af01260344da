"""Metrics: what is counted, how Prometheus reads it, and the dashboard that shows it."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kongtask.database.connection import Target
from kongtask.telemetry import endpoint
from kongtask.telemetry.endpoint import Place, serving_worker
from kongtask.telemetry.measures import METRICS
from kongtask.telemetry.prometheus import QUEUE_METRICS, queue_text
from kongtask.worker import App, Snooze
from kongtask.worker.events import JobComplete, JobStart, PoolListenSuccess
from tests.programs import CHECKOUT
from tests.worker.own_server import OwnServer
from tests.worker.queue import Queue
from tests.worker.running import Watch, run, running

from .asking import Answer, ask, ask_until
from .test_health import children, worker_on

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Samples:
    """Return the samples of a text by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[f"kongtask_{name}", frozenset(labels.items())]


def scraped(app: App, *, then: Callable[[int], Any] | None = None) -> Samples:
    """Run what is due, and return what is scraped in the end."""

    async def work() -> str:
        async with serving_worker(app, Place()) as port:
            await app.run_once()
            if then is not None:
                await asyncio.to_thread(then, port)
            return (await asyncio.to_thread(ask, port, "/metrics", timeout=30)).body

    return read(run(work()))


def test_attempts_are_counted_by_task_and_end(queue: Queue, app: App) -> None:
    @app.task
    async def good() -> None:
        await asyncio.sleep(0.06)

    @app.task
    async def bad() -> None:
        raise ValueError("no")

    @app.task
    async def later() -> Snooze:
        return Snooze(in_=60)

    @app.task
    async def unused() -> None: ...

    for _ in range(3):
        queue.add("good")
    queue.add("bad")
    queue.add("bad", max_attempts=1)
    queue.add("later")
    samples = scraped(app)

    def counts(name: str) -> list[float]:
        return [value(samples, name, task=task) for task in ("good", "bad", "later", "unused")]

    assert counts("jobs_started_total") == [3, 2, 1, 0]
    assert counts("jobs_succeeded_total") == [3, 0, 0, 0]
    assert counts("jobs_failed_total") == [0, 2, 0, 0]
    assert counts("jobs_permanently_failed_total") == [0, 1, 0, 0]
    assert counts("jobs_snoozed_total") == [0, 0, 1, 0]
    assert counts("jobs_running") == [0, 0, 0, 0]
    assert counts("job_duration_seconds_count") == [3, 2, 1, 0]
    assert value(samples, "job_duration_seconds_bucket", task="good", le="0.05") == 0
    assert value(samples, "job_duration_seconds_bucket", task="good", le="+Inf") == 3
    assert value(samples, "job_duration_seconds_sum", task="good") > 0.15
    assert value(samples, "jobs_claimed_total") == 6
    assert value(samples, "local_queue_jobs") == 0
    assert value(samples, "queue_up") == 1
    assert value(samples, "queue_jobs", state="failed") == 1
    assert value(samples, "queue_sampled_ratio") == 1


def test_waiting_is_counted_from_when_a_job_was_due(queue: Queue, app: App) -> None:
    @app.task
    async def task() -> None: ...

    queue.add("task", run_at="2020-01-01")
    queue.add("task")
    samples = scraped(app)
    assert value(samples, "job_waiting_seconds_bucket", task="task", le="1800") == 1
    assert value(samples, "job_waiting_seconds_count", task="task") == 2


def test_what_runs_and_what_is_due_is_told_while_it_is(queue: Queue, app: App) -> None:
    release = asyncio.Event()

    @app.task
    async def wait() -> None:
        await release.wait()

    async def work() -> None:
        begun, done = Watch(app, JobStart), Watch(app, JobComplete)
        async with serving_worker(app, Place()) as port, running(app, concurrency=1):
            for _ in range(3):
                queue.add("wait")
            await begun.until(1)
            body = (await asyncio.to_thread(ask, port, "/metrics", timeout=30)).body
            assert value(read(body), "jobs_running", task="wait") == 1
            assert value(read(body), "queue_due_jobs") == 2
            assert value(read(body), "queue_jobs", state="locked") == 1
            release.set()
            await done.until(3)

    run(work())


def test_every_metric_is_told_and_in_the_reference(queue: Queue, app: App) -> None:
    @app.task
    async def task() -> None: ...

    names = {name for name, _ in scraped(app)}
    page = (CHECKOUT / "docs/how-to/metrics.md").read_text(encoding="utf-8")
    for metric in (*METRICS, *QUEUE_METRICS):
        suffixes = {
            "counter": ["_total"],
            "gauge": [""],
            "histogram": ["_bucket", "_sum", "_count"],
        }
        for suffix in suffixes[metric.kind]:
            assert f"kongtask_{metric.name}{suffix}" in names
        total = "_total" if metric.kind == "counter" else ""
        label = f" | `{metric.label}`" if metric.label else " | "
        assert f"| `kongtask_{metric.name}{total}`{label}" in page, metric.name


def test_every_metric_of_the_dashboard_is_one_that_is_told(queue: Queue, app: App) -> None:
    @app.task
    async def task() -> None: ...

    told = {name for name, _ in scraped(app)}
    text = (CHECKOUT / "contrib/grafana/kongtask.json").read_text(encoding="utf-8")
    dashboard = json.loads(text)
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    expressions += [each.get("definition", "") for each in dashboard["templating"]["list"]]
    named = {name for text in expressions for name in re.findall(r"kongtask_\w+", text)}
    assert named - told == set()
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    # Whatever a worker or a queue tells is shown somewhere.
    shown = {re.sub(r"_(total|bucket)$", "", name).removeprefix("kongtask_") for name in named}
    known = {metric.name for metric in (*METRICS, *QUEUE_METRICS)}
    assert known - shown == {"jobs_snoozed", "queue_up", "queue_sampled_ratio"}


def test_metrics_of_tasks_in_the_librarys_registry_are_told_too(queue: Queue, app: App) -> None:
    from prometheus_client import REGISTRY, Counter

    mine = Counter("shop_mails", "Mails that were sent.")
    try:

        @app.task
        async def task() -> None:
            mine.inc()

        queue.add("task")
        assert scraped(app)["shop_mails_total", frozenset()] == 1
    finally:
        REGISTRY.unregister(mine)


def test_losses_of_connections_are_counted(own_server: OwnServer) -> None:
    app = App(own_server.target().conninfo)

    @app.task
    async def task() -> None: ...

    def losses(answer: Answer) -> bool:
        samples = read(answer.body)
        return all(
            value(samples, "connection_losses_total", connection=name) == 1
            for name in ("claims", "listen")
        )

    async def work() -> None:
        listening = Watch(app, PoolListenSuccess)
        async with serving_worker(app, Place()) as port, running(app, poll_interval=0.2):
            await listening.until(1)
            await asyncio.to_thread(own_server.stop, "immediate")
            await asyncio.to_thread(ask_until, port, "/metrics/worker", losses)
            await asyncio.to_thread(own_server.start)
            await listening.until(2)

    run(work())


def test_a_queue_that_cannot_be_read_is_said_to_be_down(
    queue: Queue, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    @app.task
    async def task() -> None: ...

    nowhere = Target(conninfo="host=127.0.0.1 port=1 dbname=nowhere", source="test")

    async def work() -> tuple[Answer, Answer]:
        async with serving_worker(app, Place(), target=nowhere) as port:
            first = await asyncio.to_thread(ask, port, "/metrics/queue", timeout=30)
            return first, await asyncio.to_thread(ask, port, "/metrics", timeout=30)

    first, second = run(work())
    assert read(first.body) == {("kongtask_queue_up", frozenset()): 0}
    assert value(read(second.body), "queue_up") == 0
    assert caplog.text.count("the figures of the queue cannot be read") == 1


def test_without_the_library_it_is_said_what_to_install(
    queue: Queue, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "has_prometheus", lambda: False)

    async def work() -> Answer:
        async with serving_worker(app, Place()) as port:
            return await asyncio.to_thread(ask, port, "/metrics")

    answer = run(work())
    assert answer.status == 404
    assert "pip install 'kongtask[prometheus]'" in answer.body


def test_the_queue_is_told_as_one_text() -> None:
    assert queue_text(None).decode().splitlines()[-1] == "kongtask_queue_up 0.0"


def test_a_supervisor_tells_of_each_process_and_once_of_the_queue(
    queue: Queue, tmp_path: Path
) -> None:
    (tmp_path / "jobs.py").write_text(
        "from kongtask import App\napp = App()\n@app.task\nasync def task() -> None: ...\n"
    )
    with worker_on(queue.conninfo, tmp_path, "--processes", "2") as (worker, port):
        ask_until(port, "/ready", 200)
        assert len(children(worker)) == 2
        queue.fill("task", 50)
        queue.add("task")

        def are_done(answer: Answer) -> bool:
            samples = read(answer.body)
            done = [
                value(samples, "jobs_succeeded_total", task="task", process=process)
                for process in ("1", "2")
                if ("kongtask_claims_total", frozenset({("process", process)})) in samples
            ]
            return len(done) == 2 and sum(done) == 51

        body = ask_until(port, "/metrics", are_done).body
        assert body.count("# TYPE kongtask_jobs_succeeded_total counter") == 1
        assert [line for line in body.splitlines() if line.startswith("kongtask_queue_up")] == [
            "kongtask_queue_up 1.0"
        ]
        assert worker.end(signal.SIGTERM) == -signal.SIGTERM
