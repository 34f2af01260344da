"""How a worker works: every setting with its default, which is the fast and safe one."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from kongtask.errors import UsageError
from kongtask.names import WORKER_SCHEMA
from kongtask.worker.life.options import LifeOptions

Flags = Sequence[str] | None
ForbiddenFlags = Flags | Callable[[], Flags | Awaitable[Flags]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefetchDelay:
    """Waiting a moment after a claim that found little, so that the next one finds more.

    Attributes:
        duration: seconds; varied by half.
        threshold: a claim of so few jobs starts a delay.
        max_abort_threshold: jobs that are told of meanwhile end it, at the latest at so many; None
            means five times the size of the local queue.
    """

    duration: float
    threshold: int = 0
    max_abort_threshold: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalQueueOptions:
    """How jobs are claimed ahead of the executors.

    Attributes:
        size: jobs at most that one claim brings ahead of the executors, and 0 for none. A worker
            claims for those that are idle; while jobs end quickly it claims ahead, up to this many
            and about a fifth of a second's work.
        ttl: seconds after which claimed jobs that nobody has begun are given back.
        refetch_delay: see :class:`RefetchDelay`.
    """

    size: int = 2000
    ttl: float = 5.0
    refetch_delay: RefetchDelay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """How a worker works; durations in seconds.

    Attributes:
        schema: the worker schema's name.
        concurrency: how many jobs run at once.
        poll_interval: how long to wait after a claim that found nothing, unless told of a job.
        max_pool_size: connections that tasks may use at once.
        prepared_statements: False where a pooler in transaction mode is between.
        listen: False to find jobs by polling alone.
        local_queue: how jobs are claimed ahead.
        complete_batch_delay: how long to collect finished jobs before they are written together; 0
            writes as soon as the write before has ended.
        fail_batch_delay: the same for failed ones.
        min_reset_locked_interval: how often expired locks are looked for, at the most.
        max_reset_locked_interval: and at the least.
        lock_expiry: how old a lock may get.
        graceful_shutdown_abort_timeout: how long jobs may go on before they are asked to end.
        use_client_time: whether this machine's clock decides what is due, not the server's.
        queue_name_batch_delay: how long questions for names of queues are collected.
        forbidden_flags: jobs with one of these are left to others; a function is asked before each
            claim, and nothing is claimed ahead.
        answer_timeout: how long the database may take to answer the worker before its connection
            counts as lost.
        final_write_timeout: how long a worker that ends tries to reach a database that is away, to
            write what its last jobs came to.
        life: how the worker shows that it is alive, and takes over from those that are not; None
            for neither.
    """

    schema: str = WORKER_SCHEMA
    concurrency: int = 10
    poll_interval: float = 2.0
    max_pool_size: int = 10
    prepared_statements: bool = True
    listen: bool = True
    local_queue: LocalQueueOptions = field(default_factory=LocalQueueOptions)
    complete_batch_delay: float = 0.0
    fail_batch_delay: float = 0.0
    min_reset_locked_interval: float = 480.0
    max_reset_locked_interval: float = 600.0
    lock_expiry: timedelta = timedelta(hours=4)
    graceful_shutdown_abort_timeout: float = 5.0
    use_client_time: bool = False
    queue_name_batch_delay: float = 0.05
    forbidden_flags: ForbiddenFlags = None
    answer_timeout: float = 30.0
    final_write_timeout: float = 30.0
    life: LifeOptions | None = field(default_factory=LifeOptions)

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            UsageError: a value is out of its range; the message says which.
        """
        _check(self.concurrency >= 1, "concurrency must be 1 or more")
        _check(self.max_pool_size >= 1, "max_pool_size must be 1 or more")
        _check(self.poll_interval > 0, "poll_interval must be more than 0 seconds")
        _check(self.local_queue.size >= 0, "the local queue's size must be 0 or more")
        _check(self.local_queue.ttl > 0, "the local queue's ttl must be more than 0 seconds")
        _check(
            0 < self.min_reset_locked_interval <= self.max_reset_locked_interval < float("inf"),
            "min_reset_locked_interval must be more than 0 and not more than "
            "max_reset_locked_interval",
        )
        _check(self.answer_timeout > 0, "answer_timeout must be more than 0 seconds")
        delay = self.local_queue.refetch_delay
        _check(
            delay is None or 0 < delay.duration <= self.poll_interval,
            "a refetch delay must be more than 0 seconds and not more than poll_interval",
        )

    async def current_forbidden_flags(self) -> Flags:
        """Return the forbidden flags; those of a function as it names them now."""
        given = self.forbidden_flags
        flags = given() if callable(given) else given
        return await flags if inspect.isawaitable(flags) else flags


def _check(is_right: bool, sentence: str) -> None:
    if not is_right:
        raise UsageError(sentence)
