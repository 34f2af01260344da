"""All that is to be seen of a queue, again and again."""

from __future__ import annotations

from collections import deque

from msgspec import Struct

from kongtask.database.connection import Connection
from kongtask.errors import SchemaNotFoundError, UsageError
from kongtask.monitoring.bounded import bounded
from kongtask.monitoring.counters import Counters, Rates, rates, read_counters
from kongtask.monitoring.pools import Pool, find_pools
from kongtask.monitoring.statistics import QueueStatistics, read_statistics

#: Seconds: sessions report what they have done in lumps, so rates are taken over some time.
WINDOW = 10.0


class Overview(Struct, frozen=True, kw_only=True):
    """A queue, and who works on it, at some moment.

    Attributes:
        statistics: what is in the queue.
        pools: the pools that are registered; None where they cannot be seen.
        problem: why they cannot, or None.
        rates: how fast jobs come and go.
    """

    statistics: QueueStatistics
    pools: list[Pool] | None
    problem: str | None
    rates: Rates


class Watch:
    """Looks at a queue from time to time, and remembers what it needs for rates.

    Args:
        schema: the worker schema.
        timeout: seconds that the server may take for one statement.
    """

    def __init__(self, schema: str, *, timeout: float) -> None:
        self._schema, self._timeout = schema, timeout
        self._counted: deque[Counters] = deque()

    def count(self, connection: Connection) -> None:
        """Look at the counters alone, so that the next look can tell rates."""
        with bounded(connection, self._timeout):
            self._remember(read_counters(connection, schema=self._schema))

    def look(self, connection: Connection) -> Overview:
        """Return all that is to be seen.

        Args:
            connection: in autocommit mode.

        Raises:
            KongtaskError: there is no such queue, the role cannot see it, or it took too long.
        """
        pools, problem = None, None
        with bounded(connection, self._timeout):
            statistics = read_statistics(connection, schema=self._schema)
            self._remember(read_counters(connection, schema=self._schema))
            try:
                pools = find_pools(connection, schema=self._schema)
            except (SchemaNotFoundError, UsageError) as error:
                problem = str(error)
        return Overview(statistics=statistics, pools=pools, problem=problem, rates=self._rates())

    def _remember(self, counters: Counters | None) -> None:
        if counters is None:
            return
        self._counted.append(counters)
        while len(self._counted) > 2 and self._seconds(1) >= WINDOW:
            self._counted.popleft()

    def _seconds(self, first: int) -> float:
        return (self._counted[-1].taken_at - self._counted[first].taken_at).total_seconds()

    def _rates(self) -> Rates:
        if len(self._counted) < 2:
            return Rates(added=None, finished=None)
        return rates(self._counted[0], self._counted[-1])
