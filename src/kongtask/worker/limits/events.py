"""What a pool tells about what it holds back."""

from __future__ import annotations

from kongtask.worker.events import Event


class PoolHoldBack(Event, frozen=True, kw_only=True):
    """This pool goes by other limits and pauses from now on.

    Attributes:
        pool_id: this pool's.
        is_paused: whether it begins nothing at all.
        paused_tasks: the identifiers of its tasks that are paused.
        limits: the names of the limits on its tasks.
    """

    pool_id: str
    is_paused: bool
    paused_tasks: tuple[str, ...]
    limits: tuple[str, ...]
