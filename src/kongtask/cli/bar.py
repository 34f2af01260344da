"""One line at a terminal that tells how far long work is; nothing for programs and pipes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

#: Seconds: work that ends sooner is not worth a line, and a line is not worth drawing more often.
PATIENCE = 0.4
PAUSE = 0.1

_WIDTH = 24
_ERASE = "\r\x1b[K"


class Bar:
    """The line: drawn over itself, and gone when the work is done.

    Attributes:
        is_shown: whether somebody is there to see it.
    """

    def __init__(self) -> None:
        self.is_shown = sys.stderr.isatty()
        self._next = time.monotonic() + PATIENCE
        self._is_drawn = False

    @contextmanager
    def during(self, work: str, *, at_once: bool = False) -> Iterator[Progress]:
        """Show how far a piece of work is, while it lasts.

        Args:
            work: what is done, as in ``reading the catalog``.
            at_once: the work takes long, and has no steps to count.
        """
        if at_once:
            self._next = 0
        self.draw(f"{work} …")
        try:
            yield Progress(self, work)
        finally:
            if self._is_drawn:
                self._write(_ERASE)
                self._is_drawn = False

    def draw(self, text: str) -> None:
        """Draw the line, if somebody is there and it is time."""
        if self.is_shown and time.monotonic() >= self._next:
            self._write(_ERASE + text)
            self._is_drawn = True
            self._next = time.monotonic() + PAUSE

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


class Progress:
    """How far one piece of work is."""

    def __init__(self, bar: Bar, work: str) -> None:
        self._bar, self._work = bar, work

    def __call__(self, done: int, total: int, details: str = "") -> None:
        """Take the number of steps that are done, and of all, and what else there is to say."""
        full = _WIDTH * done // max(total, 1)
        bar = f"[{'#' * full}{'-' * (_WIDTH - full)}]"
        self._bar.draw(f"{self._work} {bar} {done}/{total}{details and f': {details}'}")

    def count(self, items: Iterable[T], name: str) -> Iterator[T]:
        """Return items whose number nobody knows yet, counted as they are taken.

        Args:
            items: what is passed on.
            name: what to call them, in the plural.
        """
        return self._counted(items, name) if self._bar.is_shown else iter(items)

    def _counted(self, items: Iterable[T], name: str) -> Iterator[T]:
        for number, item in enumerate(items, 1):
            if number % 100 == 0:
                self._bar.draw(f"{self._work} … {number} {name}")
            yield item
