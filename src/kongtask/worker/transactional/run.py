"""One run of a task in a transaction, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.transactional.limit import AnswerLimit


@dataclass(slots=True, eq=False)
class Run:
    """A run.

    Attributes:
        job: its job.
        name: the transaction's name.
        claims: the moments that its lock may have, as of the end: a claim may be renewed.
        limit: of the time that the server may take to begin and to end the transaction.
        is_begun: whether the task has been called.
        is_ending: whether the task has returned, and its job is being ended.
        xid: the transaction's number, once the job has been deleted in it.
        result: what the task has returned.
    """

    job: ClaimedJob
    name: str
    claims: tuple[datetime, ...]
    limit: AnswerLimit
    is_begun: bool = False
    is_ending: bool = False
    xid: str | None = None
    result: Any = None

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Note that the task is called; it may take its time, the server may not."""
        self.is_begun = True
        with self.limit.paused():
            yield

    def begin_end(self) -> None:
        """Note that the task has returned."""
        self.is_ending, self.claims = True, self.job.moments
