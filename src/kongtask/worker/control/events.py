"""What a pool tells of what it was asked for."""

from __future__ import annotations

from kongtask.worker.events import Event


class PoolResize(Event, frozen=True, kw_only=True):
    """This pool runs another number of jobs at once from now on.

    Attributes:
        pool_id: this pool's.
        concurrency: how many.
    """

    pool_id: str
    concurrency: int
