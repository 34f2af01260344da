"""What the doctor finds, and from when on something counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kongtask.monitoring.doctor.rules import RULES
from kongtask.rules import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that is not as it should be.

    Attributes:
        rule: the id of its rule in ``RULES``.
        message: what was found and what it means.
        hint: what mends it: a command or a statement, with a word before it.
        subject: what it is about, such as ``queue mail``; may be empty.
        level: how much it matters.
    """

    rule: str
    message: str
    hint: str = ""
    subject: str = ""
    level: Level

    @classmethod
    def of(
        cls, rule: str, message: str, hint: str = "", *, subject: str = "",
        level: Level | None = None,
    ) -> Diagnosis:  # fmt: skip
        """Return a diagnosis with its rule's level, unless another is given."""
        return cls(
            rule=rule, message=message, hint=hint, subject=subject,
            level=level or RULES[rule].level,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From when on something is worth a word.

    Attributes:
        stuck: how long a queue may be locked while others of it wait.
        overdue: how long a job may be due.
        lock_expiry: after how long a lock counts as abandoned; Graphile Worker's number.
        silence: how long a pool may be late or dead before that is told.
        old_transaction: how long a transaction may be open.
        failed_jobs: from how many on failed jobs are a warning.
        sequence: the share of a sequence's numbers that may be used.
        connections: the share of connections that may be used.
        clock_skew: how far clocks may be apart.
        dead_rows: how many dead rows a table may have, if they are more than the live ones.
        vacuum_age: how long ago the last vacuum may be then.
        large_bytes: from which size on the use of a table or an index is looked at.
        fill: the share of a large table that should be in use.
        index_bytes: how many bytes an index may have for each of its jobs.
    """

    stuck: timedelta = timedelta(minutes=10)
    overdue: timedelta = timedelta(minutes=15)
    lock_expiry: timedelta = timedelta(hours=4)
    silence: timedelta = timedelta(seconds=30)
    old_transaction: timedelta = timedelta(hours=1)
    failed_jobs: int = 1000
    sequence: float = 0.5
    connections: float = 0.9
    clock_skew: timedelta = timedelta(seconds=2)
    dead_rows: int = 10_000
    vacuum_age: timedelta = timedelta(days=1)
    large_bytes: int = 64 * 1024 * 1024
    fill: float = 0.2
    index_bytes: int = 1000
