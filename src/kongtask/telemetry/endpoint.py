"""Where a worker tells of itself: one port with a few paths."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kongtask.telemetry.health import Health
from kongtask.telemetry.http import serving
from kongtask.worker.events import Emitter

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
async def serving_worker(emitter: Emitter, place: Place) -> AsyncIterator[int]:
    """Answer ``/live`` and ``/ready`` as long as the block lasts; gives the port.

    Begin before the worker does, so that nothing it tells is missed.

    Args:
        emitter: the worker's; an application has it as ``app.emitter``.
        place: where to listen.

    Raises:
        HealthPortError: nobody can listen there.
    """
    handlers = Health(emitter).handlers()
    async with serving(handlers, place.host, place.port, listener=place.listener) as port:
        yield port
