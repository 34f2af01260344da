"""Where a worker tells of itself: one port with a few paths."""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from kongtask.database.connection import Target
from kongtask.telemetry.health import Health
from kongtask.telemetry.http import Handler, Response, failure, serving
from kongtask.worker import App
from kongtask.worker.runner import target_of

#: Who may ask unless told otherwise: this machine.
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to listen.

    Attributes:
        host: a name or an address.
        port: 0 for any that is free.
        listener: a socket that listens already, instead of both.
    """

    host: str = LOOPBACK
    port: int = 0
    listener: socket.socket | None = None


@asynccontextmanager
async def serving_worker(
    app: App, place: Place, *, target: Target | None = None
) -> AsyncIterator[int]:
    """Answer ``/live``, ``/ready`` and ``/metrics`` as long as the block lasts; gives the port.

    Begin before the worker does, so that nothing it tells is missed.

    Args:
        app: the application whose worker runs in the block.
        place: where to listen.
        target: the database, where the application does not name it.

    Raises:
        HealthPortError: nobody can listen there.
    """
    handlers = Health(app.emitter).handlers() | _metrics(app, target or target_of(app.conninfo))
    async with serving(handlers, place.host, place.port, listener=place.listener) as port:
        yield port


def _metrics(app: App, target: Target) -> dict[str, Handler]:
    """Return what answers with metrics; where their library is missing, with what to install."""
    if not has_prometheus():
        return {"/metrics": without_prometheus}
    from kongtask.telemetry.measures import Measures
    from kongtask.telemetry.prometheus import metrics_response, queue_text, worker_text
    from kongtask.telemetry.queue_figures import QueueFigures

    measures, figures = Measures(app.emitter, app.tasks), QueueFigures(target, app.options.schema)

    async def worker() -> Response:
        return metrics_response(worker_text(measures))

    async def queue() -> Response:
        return metrics_response(queue_text(await figures.get()))

    async def both() -> Response:
        return metrics_response(worker_text(measures) + queue_text(await figures.get()))

    return {"/metrics": both, "/metrics/worker": worker, "/metrics/queue": queue}


def has_prometheus() -> bool:
    """Tell whether the library for metrics is installed."""
    return importlib.util.find_spec("prometheus_client") is not None


async def without_prometheus() -> Response:
    """Answer where it is not."""
    return failure(
        HTTPStatus.NOT_FOUND, "metrics need prometheus_client: pip install 'kongtask[prometheus]'"
    )
