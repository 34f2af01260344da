"""``--health-port`` of a worker, and of a supervisor that asks its processes."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kongtask.telemetry.endpoint import Place

#: Where a supervised process finds the socket that it answers on.
VARIABLE = "KONGTASK_HEALTH_SOCKET"


def health_place(host: str, port: int | None) -> Place | None:
    """Return where to tell of the worker's health; None for nowhere.

    A process with a supervisor answers that one alone, which has the port.
    """
    given = os.environ.pop(VARIABLE, None)
    if port is None:
        return None
    from kongtask.telemetry.endpoint import Place

    if given is None:
        return Place(host=host, port=port)
    listener = socket.socket(fileno=int(given))
    listener.set_inheritable(False)
    listener.setblocking(False)
    return Place(listener=listener)
