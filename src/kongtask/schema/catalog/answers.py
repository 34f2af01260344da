"""Asking many catalog queries while the answers become a model, over two connections if that pays.

Most of the time that reading a large schema takes is PostgreSQL's, which works on one query of a
connection at a time. So a thread asks one query after the other, those first that take long, and
another one does so over a second connection that shows the same snapshot. The second one is a help
and no need: where it cannot be had, or fails, the first connection asks everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from threading import Condition, Thread
from typing import Any

import psycopg

from kongtask.database.connection import Connection, connect_beside, cut
from kongtask.errors import KongtaskError
from kongtask.schema.catalog.session import Snapshot, snapshot

#: Takes how many steps are done, and of how many; from any thread.
Report = Callable[[int, int], None]

#: Queries by name, with their parameters.
Questions = Mapping[str, Mapping[str, Any] | None]

#: How many relations make a second connection worth its few milliseconds.
LARGE = 500

#: Seconds that a query may go on when nobody wants its answer any more, before it is cancelled, and
#: that the cancelling may take.
_PATIENCE = 0.2
_CANCELLING = 5


class Answers(Mapping[str, Sequence[Any]]):
    """The rows of many queries; whoever wants some waits until they are there.

    Attributes:
        error: what went wrong on the first connection.

    Args:
        questions: the queries' parameters by their names, those first that take long; None where
            only other answers tell them.
        vain: queries that would find nothing, and are not asked.
        report: takes how many queries are answered, and of how many.
    """

    def __init__(
        self, questions: Questions, vain: Set[str] = frozenset(), report: Report | None = None
    ) -> None:
        self._questions, self._report = dict(questions), report
        self._rows: dict[str, Sequence[Any]] = dict.fromkeys(vain, ())
        self._waiting = [
            query for query, values in questions.items() if values is not None and query not in vain
        ]
        self.error: BaseException | None = None
        self._is_closed = False
        self._changed = Condition()

    def __getitem__(self, query: str) -> Sequence[Any]:
        if query not in self._questions:
            raise KeyError(query)
        if query not in self._rows:
            with self._changed:
                if query in self._waiting:  # what is wanted comes next
                    self._waiting.remove(query)
                    self._waiting.insert(0, query)
                self._changed.wait_for(lambda: query in self._rows or self.error is not None)
            if query not in self._rows and self.error is not None:
                raise self.error
        return self._rows[query]

    def __iter__(self) -> Iterator[str]:
        return iter(self._questions)

    def __len__(self) -> int:
        return len(self._questions)

    def ask(self, query: str, **values: Any) -> None:
        """Tell the parameters of a query that had none; it comes next.

        Args:
            query: its name.
            values: lists; where all are empty, so is the answer.
        """
        if not any(values.values()):
            self._give(query, ())
            return
        with self._changed:
            self._questions[query] = values
            self._waiting.insert(0, query)
            self._changed.notify_all()

    def close(self) -> None:
        """Leave unasked what has not been asked yet."""
        with self._changed:
            self._waiting.clear()
            self._is_closed = True
            self._changed.notify_all()

    def ask_all(self, catalog: Snapshot) -> None:
        """Ask what is waiting until everything is answered; what goes wrong, whoever waits gets."""
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(self._has_work_or_ends)
                    if not self._waiting:
                        return
                    query = self._waiting.pop(0)
                self._give(query, catalog.rows(query, **self._values(query)))
        except BaseException as error:
            with self._changed:
                self.error = error
                self._changed.notify_all()

    def help(self, catalog: Snapshot) -> None:
        """Ask what is waiting, as long as something is; what goes wrong, somebody else asks again.

        Args:
            catalog: the same snapshot on another connection.
        """
        while (query := self._take()) is not None:
            try:
                rows = catalog.rows(query, **self._values(query))
            except BaseException:
                with self._changed:
                    self._waiting.append(query)
                    self._changed.notify_all()
                raise
            self._give(query, rows)

    def _has_work_or_ends(self) -> bool:
        return bool(self._waiting) or self._is_closed or len(self._rows) == len(self._questions)

    def _give(self, query: str, rows: Sequence[Any]) -> None:
        with self._changed:
            self._rows[query] = rows
            self._changed.notify_all()
        if self._report is not None:
            self._report(len(self._rows), len(self._questions))

    def _values(self, query: str) -> Mapping[str, Any]:
        values = self._questions[query]
        assert values is not None, "what is waiting has its parameters"
        return values

    def _take(self) -> str | None:
        with self._changed:
            return self._waiting.pop(0) if self._waiting else None


@contextmanager
def answers(
    catalog: Snapshot,
    questions: Questions,
    *,
    vain: Set[str] = frozenset(),
    is_large: bool,
    report: Report | None = None,
) -> Iterator[Answers]:
    """Ask queries, over a second connection too if there is much to read.

    Args:
        catalog: where to ask; the caller may ask there too, and then waits for its turn.
        questions: as for :class:`Answers`.
        vain: the same.
        is_large: whether there is much to read.
        report: takes how many queries are answered, and of how many.
    """
    found = Answers(questions, vain, report)
    shared = catalog.share() if is_large else None
    asking = _Asking(found, catalog)
    helper = _Helper(found, catalog.connection, shared) if shared is not None else None
    asking.start()
    if helper is not None:
        helper.start()
    aborted: psycopg.Error | None = None
    try:
        yield found
    except psycopg.errors.InFailedSqlTransaction as error:
        aborted = error
    finally:
        found.close()
        if helper is not None:
            helper.stop()
        asking.stop()
    if aborted is not None:  # by an earlier query, of which the caller does not know yet
        raise found.error or aborted


class _Asking(Thread):
    """The thread of the first connection."""

    def __init__(self, answers: Answers, catalog: Snapshot) -> None:
        super().__init__(name="kongtask-catalog-1", daemon=True)
        self._answers, self._catalog = answers, catalog

    def run(self) -> None:
        self._answers.ask_all(self._catalog)

    def stop(self) -> None:
        """Return when the connection is free; a query that takes long is cancelled."""
        self.join(_PATIENCE)
        if self.is_alive():
            with suppress(psycopg.Error):
                self._catalog.connection.cancel()
            self.join(_CANCELLING)
        if self.is_alive():
            with suppress(OSError, psycopg.Error):
                cut(self._catalog.connection)
            self.join()


class _Helper(Thread):
    """The second connection and its thread; daemonic, because connecting cannot be interrupted."""

    def __init__(self, answers: Answers, first: Connection, shared: str) -> None:
        super().__init__(name="kongtask-catalog-2", daemon=True)
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
        if self._connection is not None:
            with suppress(OSError, psycopg.Error):
                cut(self._connection)
            self.join()
