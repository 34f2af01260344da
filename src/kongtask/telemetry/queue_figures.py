"""How much there is in the queue: read from the database when somebody asks, and not too often."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic

from kongtask.database.connection import Target, connect
from kongtask.monitoring import QueueStatistics, bounded, read_statistics

_log = logging.getLogger("kongtask.telemetry")

#: Seconds for which figures are told again, whoever asks.
_LASTING = 10.0

#: Seconds that the server may take, and that a scraper is kept waiting.
_LONGEST = 5.0


class QueueFigures:
    """Reads the figures of a queue, one reading at a time.

    Args:
        target: the database.
        schema: the worker schema.
    """

    def __init__(self, target: Target, schema: str) -> None:
        self._target, self._schema = target, schema
        self._reading: asyncio.Task[QueueStatistics] | None = None
        self._began = 0.0
        self._has_said = False

    async def get(self) -> QueueStatistics | None:
        """Return the figures, some seconds old at most; None where they cannot be read."""
        reading = self._reading
        if reading is None or (reading.done() and monotonic() - self._began > _LASTING):
            self._began = monotonic()
            reading = self._reading = asyncio.create_task(asyncio.to_thread(self._read))
        await asyncio.wait([reading], timeout=_LONGEST)
        if not reading.done():
            return None
        error = reading.exception()
        if error is None:
            self._has_said = False
            return reading.result()
        if not self._has_said:
            self._has_said = True
            _log.warning("the figures of the queue cannot be read: %s", error)
        return None

    def _read(self) -> QueueStatistics:
        with connect(self._target) as connection, bounded(connection, _LONGEST):
            return read_statistics(connection, schema=self._schema)
