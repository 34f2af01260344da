"""Looking again and again, and drawing what is seen until somebody has seen enough."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic, sleep

import psycopg

from kongtask.cli.top.frame import Line, frame
from kongtask.cli.top.screen import Screen
from kongtask.database.connection import Connection, Target, connect, failure
from kongtask.errors import ConnectionFailedError, KongtaskError
from kongtask.monitoring import Overview, Watch

_KEYS = "q quit, p pause"


class Watching:
    """A queue that is watched over a connection, which is opened again where it is lost.

    Args:
        target: the database.
        connection: to it, in autocommit mode.
        schema: the worker schema.
        title: the database, for people.
        timeout: seconds that the server may take for one statement.
    """

    def __init__(
        self, target: Target, connection: Connection, schema: str, title: str, *, timeout: float
    ) -> None:
        self._target, self._connection, self._title = target, connection, title
        self._watch = Watch(schema, timeout=timeout)

    def once(self, seconds: float) -> Overview:
        """Look once, with the rates of some seconds."""
        try:
            self._watch.count(self._connection)
            sleep(seconds)
            return self._watch.look(self._connection)
        except psycopg.Error as error:
            raise failure(error, "looking at the queue") from error

    def run(self, screen: Screen, interval: float) -> None:
        """Draw until somebody presses q.

        Args:
            screen: what to draw on.
            interval: seconds between two looks.
        """
        overview: Overview | None = None
        problem, is_paused = "", False
        next_look = monotonic()
        while True:
            if not is_paused and monotonic() >= next_look:
                overview, problem = self._look(overview)
                next_look = monotonic() + interval
            screen.draw(self._lines(screen, overview, problem, is_paused=is_paused))
            key = screen.key(None if is_paused else next_look - monotonic())
            if key == "q":
                return
            if key == "p":
                is_paused = not is_paused

    def _look(self, before: Overview | None) -> tuple[Overview | None, str]:
        """Return what is seen and no problem, or what was seen before and what is the matter."""
        try:
            if self._connection.closed:
                self._connection = connect(self._target)
            return self._watch.look(self._connection), ""
        except psycopg.Error as error:
            problem: KongtaskError = failure(error, "looking at the queue")
        except KongtaskError as error:
            problem = error
        if isinstance(problem, ConnectionFailedError):
            with suppress(psycopg.Error):
                self._connection.close()
        return before, str(problem)

    def _lines(
        self, screen: Screen, overview: Overview | None, problem: str, *, is_paused: bool
    ) -> list[Line]:
        width, height = screen.size
        last = Line(text=f"{_KEYS}{'; paused' if is_paused else ''}", style="head")
        if problem:
            last = Line(text=f"{problem}; {_KEYS}", style="error")
        if overview is None:
            return [last]
        lines = frame(overview, self._title, width=width, height=height - 1)
        return [*lines, *[Line(text="")] * (height - 1 - len(lines)), last]
