"""Doing what is asked of a pool: to cancel jobs, and to run more or fewer at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kongtask.worker.life.session import LifeSession


class Control:
    """Told with each sign of life of its pool what is asked of it.

    Args:
        pool_id: the pool.
        concurrency: how many jobs it runs at once, to begin with.
        on_resize: told how many jobs the pool is to run at once.
        on_cancel: told which jobs of the pool's are cancelled, each with what becomes its last
            error; again and again, until they have ended.
    """

    def __init__(
        self,
        pool_id: str,
        concurrency: int,
        *,
        on_resize: Callable[[int], None],
        on_cancel: Callable[[Mapping[int, str]], None],
    ) -> None:
        self._pool_id = pool_id
        self._on_resize, self._on_cancel = on_resize, on_cancel
        self._wanted: int | None = None
        self.concurrency = concurrency

    async def obey(
        self, session: LifeSession, wanted: int | None, *, has_cancellations: bool
    ) -> None:
        """Do what is asked.

        Args:
            session: the pool's, to ask for more.
            wanted: how many jobs it is to run at once, if anybody has asked for that.
            has_cancellations: whether there are jobs to be cancelled, of whatever pool.
        """
        if wanted is not None and wanted != self._wanted:
            self._wanted = self.concurrency = wanted
            self._on_resize(wanted)
        if has_cancellations:
            given = {"pool_id": self._pool_id}
            rows = await session.run("settle_cancellations", given, package=__package__)
            if rows:
                self._on_cancel(dict(rows))
