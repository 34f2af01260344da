"""The time that cron goes by: the machine's, or a test's."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol

#: A clock that is set while a timer runs is noticed after this many seconds at the latest.
_LONGEST_NAP = 5.0


class Clock(Protocol):
    """What tells the time and wakes a scheduler."""

    def now(self) -> datetime:
        """Return the time, with its time zone."""

    async def sleep_until(self, moment: datetime) -> None:
        """Return at a moment, or earlier: whoever calls looks at the time again."""


class SystemClock:
    """The machine's clock, with a timer that goes on when the clock is set back."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        """Return at a moment of the clock, or when as much time has passed as it was away."""
        timer = asyncio.get_running_loop().time
        end = timer() + max((moment - self.now()).total_seconds(), 0.001)
        while (left := end - timer()) > 0:
            await asyncio.sleep(min(left, _LONGEST_NAP))
            if self.now() >= moment:
                return
