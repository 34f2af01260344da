"""Asking many catalog queries, over two connections where that pays.

Most of the time that reading a large schema takes is PostgreSQL's, which works on one query of a
connection at a time. So a second connection shows the same snapshot and asks what nobody has asked
yet, while the first asks what is wanted next. It is a help and no need: where it cannot be had, or
fails, the first connection asks everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Condition, Thread
from typing import Any

import psycopg

from kongtask.database.connection import Connection, connect_beside, cut
from kongtask.errors import KongtaskError
from kongtask.schema.catalog.session import Snapshot, snapshot

#: Takes how many steps are done, and of how many; from either thread.
Report = Callable[[int, int], None]

#: How many relations make a second connection worth its few milliseconds.
LARGE = 500


class Answers(Mapping[str, Sequence[Any]]):
    """The rows of many queries, each asked no later than when it is wanted.

    Args:
        catalog: where to ask.
        questions: the queries' parameters by their names, those first that take long.
        report: takes how many queries are answered, and of how many.
    """

    def __init__(
        self, catalog: Snapshot, questions: Mapping[str, Mapping[str, Any]], report: Report | None
    ) -> None:
        self._catalog, self._report = catalog, report
        self._questions = questions
        self._waiting = list(questions)
        self._rows: dict[str, Sequence[Any]] = {}
        self._changed = Condition()

    def __getitem__(self, query: str) -> Sequence[Any]:
        while query not in self._rows:
            if query not in self._questions:
                raise KeyError(query)
            self._ask_or_wait(query)
        return self._rows[query]

    def __iter__(self) -> Iterator[str]:
        return iter(self._questions)

    def __len__(self) -> int:
        return len(self._questions)

    def close(self) -> None:
        """Leave unasked what has not been asked yet."""
        with self._changed:
            self._waiting.clear()

    def help(self, catalog: Snapshot) -> None:
        """Ask what is waiting, the first ones first; for another thread.

        Args:
            catalog: the same snapshot on another connection.
        """
        while (query := self._take()) is not None:
            try:
                rows = catalog.rows(query, **self._questions[query])
            except BaseException:
                with self._changed:
                    self._waiting.append(query)
                    self._changed.notify_all()
                raise
            self._give(query, rows)

    def _ask_or_wait(self, wanted: str) -> None:
        query = self._take(wanted)
        if query is not None:
            self._give(query, self._catalog.rows(query, **self._questions[query]))
            return
        with self._changed:
            self._changed.wait_for(lambda: wanted in self._rows or self._waiting)

    def _give(self, query: str, rows: Sequence[Any]) -> None:
        with self._changed:
            self._rows[query] = rows
            self._changed.notify_all()
        if self._report is not None:
            self._report(len(self._rows), len(self._questions))

    def _take(self, wanted: str | None = None) -> str | None:
        """Take the wanted query; else, of those waiting, a helper the first and others the last."""
        with self._changed:
            if wanted in self._waiting:
                self._waiting.remove(wanted)
                return wanted
            if not self._waiting:
                return None
            return self._waiting.pop(0 if wanted is None else -1)


@contextmanager
def answers(
    catalog: Snapshot,
    questions: Mapping[str, Mapping[str, Any]],
    *,
    is_large: bool,
    report: Report | None = None,
) -> Iterator[Answers]:
    """Ask queries, over a second connection too if there is much to read.

    Args:
        catalog: where to ask.
        questions: the queries' parameters by their names, those first that take long.
        is_large: whether there is much to read.
        report: takes how many queries are answered, and of how many.
    """
    found = Answers(catalog, questions, report)
    shared = catalog.share() if is_large else None
    if shared is None:
        yield found
        return
    helper = _Helper(found, catalog.connection, shared)
    helper.start()
    try:
        yield found
    finally:
        helper.stop()


class _Helper(Thread):
    """The second connection and its thread; daemonic, because connecting cannot be interrupted."""

    def __init__(self, answers: Answers, first: Connection, shared: str) -> None:
        super().__init__(name="kongtask-catalog", daemon=True)
        self._answers, self._first, self._shared = answers, first, shared
        self._connection: Connection | None = None

    def run(self) -> None:
        # Whatever goes wrong here, the first connection asks again and tells.
        with suppress(psycopg.Error, KongtaskError), connect_beside(self._first) as connection:
            self._connection = connection
            with snapshot(connection, shared=self._shared) as catalog:
                self._answers.help(catalog)

    def stop(self) -> None:
        """Return when the connection is of no more use, even where a pooler lets it wait."""
        self._answers.close()
        if self._connection is not None:
            with suppress(OSError, psycopg.Error):
                cut(self._connection)
            self.join()
