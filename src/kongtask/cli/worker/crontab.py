"""The crontab of a worker: read when it starts, and again when somebody has edited it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kongtask.errors import KongtaskError

if TYPE_CHECKING:
    from kongtask.cron import CronItem

_log = logging.getLogger("kongtask.worker")

#: The crontab that is read where none is named.
_USUAL = Path("crontab")

#: Seconds between two looks at the file.
INTERVAL = 1.0

#: What tells one state of a file from another: its time in nanoseconds, size and number.
Stamp = tuple[int, int, int] | None


class Crontab:
    """A crontab and its schedules.

    Args:
        path: the file.
        others: schedules that do not come from it.

    Attributes:
        items: all schedules at the beginning.

    Raises:
        FileFailedError: there is no such file, or it cannot be read.
        CrontabError: something in it is wrong.
    """

    def __init__(self, path: Path, others: Sequence[CronItem]) -> None:
        self._path, self._others = path, tuple(others)
        self._stamp = _stamp(path)
        self.items = self._read()

    async def follow(self, take: Callable[[Sequence[CronItem]], None]) -> None:
        """Read the file again when it has changed, until cancelled.

        A file that cannot be used is complained of, and changes nothing.

        Args:
            take: called with all schedules, which it may refuse by a CrontabError.
        """
        seen = self._stamp
        while True:
            await asyncio.sleep(INTERVAL)
            before, seen = seen, _stamp(self._path)
            # Somebody may be writing still: a file is read once it has rested.
            if seen != before or seen == self._stamp:
                continue
            self._stamp = seen
            try:
                take(await asyncio.to_thread(self._read))
            except KongtaskError as error:
                _log.error("%s\nthe schedules that were read before go on", error)

    def _read(self) -> tuple[CronItem, ...]:
        from kongtask.cli.cron.reading import read_crontab

        items = read_crontab(self._path)
        _log.info("the crontab %s has %d schedules", self._path, len(items))
        return (*self._others, *items)


def open_crontab(named: Path | None, others: Sequence[CronItem]) -> Crontab | None:
    """Read the crontab that is named, or the usual one if there is one.

    Raises:
        FileFailedError: there is no such file, or it cannot be read.
        CrontabError: something in it is wrong.
    """
    if named is None and not _USUAL.is_file():
        return None
    return Crontab(named or _USUAL, others)


def _stamp(path: Path) -> Stamp:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino
