"""What a pool tells about the life and death of pools."""

from __future__ import annotations

from kongtask.worker.events import Event


class PoolRecovered(Event, frozen=True, kw_only=True):
    """This pool has taken over from one that died.

    Attributes:
        pool_id: the dead pool's.
        host: where it ran.
        process_id: its process.
        jobs: how many of its jobs were freed.
        failed: how many of those are not tried again.
        queues: how many queues were freed.
    """

    pool_id: str
    host: str
    process_id: int
    jobs: int
    failed: int
    queues: int


class PoolFenced(Event, frozen=True, kw_only=True):
    """Others took this pool for dead and have its jobs.

    Attributes:
        pool_id: this pool's.
    """

    pool_id: str
