"""A job that a pool has claimed: the row as it came, read attribute by attribute.

Most tasks look at nothing but their payload, so nothing else is decoded before it is asked for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

#: What sql/claim.sql returns, column by column; moments as PostgreSQL sends them.
Row = tuple[Any, ...]

#: PostgreSQL counts microseconds from here.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_SECONDS = _EPOCH.timestamp()


class ClaimedJob:
    """A claimed job.

    Args:
        row: as sql/claim.sql returns it.
        task_identifier: of the job's task.

    Attributes:
        claim: the moment of its claim, as PostgreSQL sends it: quick to compare.
        flags_text: its flags as JSON; None where it has none.
        renewals: the moments to which its lock was renewed, or may have been: the answer may be
            lost, and the server too.
    """

    __slots__ = (
        "_row",
        "claim",
        "flags_text",
        "id",
        "payload_text",
        "renewals",
        "task_id",
        "task_identifier",
    )

    def __init__(self, row: Row, task_identifier: str) -> None:
        self._row = row
        self.id, self.task_id, self.payload_text, self.claim = row[0], row[1], row[2], row[13]
        self.flags_text: str | None = row[10]
        self.renewals: tuple[datetime, ...] = ()
        self.task_identifier = task_identifier

    @property
    def payload(self) -> Any:
        """The payload, decoded."""
        return msgspec.json.decode(self.payload_text)

    @property
    def priority(self) -> int:
        """A smaller number is more urgent."""
        return int(self._row[3])

    @property
    def run_at(self) -> datetime:
        """When it was due."""
        return moment_of(self._row[4])

    @property
    def attempts(self) -> int:
        """How often it has been claimed, this time included."""
        return int(self._row[5])

    @property
    def max_attempts(self) -> int:
        """How often it may be claimed."""
        return int(self._row[6])

    @property
    def job_queue_id(self) -> int | None:
        """The number of its named queue, if it is in one."""
        number: int | None = self._row[7]
        return number

    @property
    def key(self) -> str | None:
        """Its job key."""
        key: str | None = self._row[8]
        return key

    @property
    def revision(self) -> int:
        """How often it was replaced under its key."""
        return int(self._row[9])

    @property
    def flags(self) -> frozenset[str]:
        """Its flags."""
        return frozenset(msgspec.json.decode(self.flags_text)) if self.flags_text else frozenset()

    @property
    def created_at(self) -> datetime:
        """When it was added."""
        return moment_of(self._row[11])

    @property
    def last_error(self) -> str | None:
        """What the attempt before this one ended with."""
        message: str | None = self._row[12]
        return message

    @property
    def locked_at(self) -> datetime:
        """When it was claimed: with the pool's id, what tells this claim from every other one."""
        return moment_of(self.claim)

    @property
    def moments(self) -> tuple[datetime, ...]:
        """What its lock's moment may be while the lock is this claim's; the latest comes last."""
        return (self.locked_at, *self.renewals)

    @property
    def sort_key(self) -> tuple[int, int, int]:
        """What the most urgent job has the least of, among jobs of one claim."""
        return self._row[3], self._row[4], self._row[0]

    def waited(self, now: float) -> float:
        """Return for how many seconds it had been due at a moment, which is after its claim.

        Where this machine's clock is behind the server's, the moment of the claim counts.

        Args:
            now: seconds since 1970, by this machine's clock.
        """
        moment: float = max((now - _EPOCH_SECONDS) * 1_000_000, self.claim)
        return max(0.0, (moment - int(self._row[4])) / 1_000_000)

    def __repr__(self) -> str:
        """Say which job it is; payloads may be large or secret."""
        return f"<job {self.id} {self.task_identifier}>"


def moment_of(microseconds: int) -> datetime:
    """Return a moment that came as PostgreSQL sends it."""
    return _EPOCH + timedelta(microseconds=microseconds)
