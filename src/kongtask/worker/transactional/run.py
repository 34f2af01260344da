"""One run of a task in a transaction, and how far it has come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kongtask.worker.claimed import ClaimedJob


@dataclass(slots=True, eq=False)
class Run:
    """A run.

    Attributes:
        job: its job.
        name: the transaction's name.
        claims: the moments that its lock may have, as of the end: a claim may be renewed.
        is_begun: whether the task has been called.
        is_ending: whether the task has returned, and its job is being ended.
        is_over: whether the transaction has ended, as far as is known.
        xid: the transaction's number, once the job has been deleted in it.
        result: what the task has returned.
        cut: cuts the connection.
        limit: cuts it when it has not answered for long.
    """

    job: ClaimedJob
    name: str
    claims: tuple[datetime, ...]
    is_begun: bool = False
    is_ending: bool = False
    is_over: bool = False
    xid: str | None = None
    result: Any = None
    cut: Callable[[], None] | None = None
    limit: asyncio.TimerHandle | None = None

    def begin_end(self) -> None:
        """Note that the task has returned."""
        self.is_ending, self.claims = True, self.job.moments

    def end(self) -> None:
        """Note that the transaction has ended."""
        self.is_over = True
        if self.limit is not None:
            self.limit.cancel()
