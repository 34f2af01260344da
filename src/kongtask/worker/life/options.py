"""How pools show that they are alive, and when others take over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kongtask.errors import UsageError

Mode = Literal["lock", "heartbeat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeOptions:
    """How a pool shows that it is alive, and how it looks after others; durations in seconds.

    Attributes:
        mode: ``lock`` where a session of the server's is the pool's own: the server itself notices
            its end. ``heartbeat`` where a pooler is between. None chooses.
        beat_interval: how often a pool says that it is there, and asks what is wanted of it: what
            no notification has told, such as that a job is cancelled, is seen within a second.
        look_interval: how often it looks for others that do not; varied by half.
        grace: in the mode ``lock``, others look at the lock of a pool that they have not heard of
            for so long.
        threshold: in the mode ``heartbeat``, a pool that was not heard of for so long is dead.
        most_deaths: a job that so many workers in a row died of is not tried again.
    """

    mode: Mode | None = None
    beat_interval: float = 0.8
    look_interval: float = 1.0
    grace: float = 3.0
    threshold: float = 30.0
    most_deaths: int = 3

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            UsageError: a value is out of its range; the message says which.
        """
        _check(
            self.beat_interval > 0 and self.look_interval > 0,
            "beat_interval and look_interval must be more than 0 seconds",
        )
        _check(
            min(self.grace, self.threshold) >= 2 * self.beat_interval,
            "grace and threshold must be twice beat_interval or more, or live workers seem dead",
        )
        _check(self.most_deaths >= 2, "most_deaths must be 2 or more: the first one proves nothing")


def _check(is_right: bool, sentence: str) -> None:
    if not is_right:
        raise UsageError(sentence)
