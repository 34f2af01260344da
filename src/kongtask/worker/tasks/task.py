"""Tasks: a name, a function, and how it is run."""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from kongtask.errors import UsageError
from kongtask.worker.tasks.payloads import Signature, read_signature
from kongtask.worker.tasks.retry_policies import RetryPolicy

if TYPE_CHECKING:
    from kongtask.jobs.limits import Limit
    from kongtask.worker.transactional.sources import Transactions

Runner = Literal["loop", "thread", "process"]

#: A class of errors, or several, as ``except`` takes them.
Exceptions = type[BaseException] | tuple[type[BaseException], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task.

    Attributes:
        identifier: what jobs call it.
        function: what is called.
        signature: how it wants to be called.
        runner: where it runs: async functions in the event loop, others in a thread or a process.
        is_death_counted: whether an attempt counts that ended with the worker's death.
        retry: how long to wait after a failed attempt; None for as long as Graphile Worker waits.
        no_retry: errors after which the job is not tried again.
        transactions: where the transactions come from that it runs in; None if it runs in none.
        timeout: seconds that a job may take; None for as long as it likes.
        limits: on how many of its jobs run at once, and on how often they begin.
    """

    identifier: str
    function: Callable[..., Any]
    signature: Signature
    runner: Runner
    is_death_counted: bool = True
    retry: RetryPolicy | None = None
    no_retry: tuple[type[BaseException], ...] = ()
    transactions: Transactions | None = None
    timeout: float | None = None
    limits: tuple[Limit, ...] = ()


def make_task(
    identifier: str,
    function: Callable[..., Any],
    *,
    is_process: bool = False,
    is_death_counted: bool = True,
    retry: RetryPolicy | None = None,
    no_retry: Exceptions = (),
    transactions: Transactions | None = None,
    timeout: float | None = None,
    limits: Iterable[Limit] = (),
) -> Task:
    """Return a task that runs a function.

    Args:
        identifier: what jobs call it; 1 to 128 characters.
        function: async, or an ordinary one.
        is_process: whether an ordinary function runs in a process of its own.
        is_death_counted: whether an attempt counts that ended with the worker's death.
        retry: how long to wait after a failed attempt; None for as long as Graphile Worker waits.
        no_retry: errors after which the job is not tried again.
        transactions: where the transactions come from that it runs in; None if it runs in none.
        timeout: seconds that a job may take; None for as long as it likes.
        limits: on how many of its jobs run at once, and on how often they begin.

    Raises:
        UsageError: the identifier or the function cannot be a task's.
    """
    if not identifier or len(identifier) > 128 or "\0" in identifier:
        raise UsageError(f"a task's identifier has 1 to 128 characters: {identifier!r}")
    if timeout is not None and not 0 < timeout < math.inf:
        raise UsageError(
            f"the timeout of the task {identifier} is a number of seconds above 0, not {timeout!r}"
        )
    runner = _runner(identifier, function, is_process=is_process)
    signature = read_signature(function)
    if is_process and signature.context is not None:
        raise UsageError(
            f"the task {identifier} runs in a process, where there is no context to give it"
        )
    errors = no_retry if isinstance(no_retry, tuple) else (no_retry,)
    _check_retries(identifier, retry, errors)
    _check_transactions(identifier, signature, runner, transactions)
    return Task(
        identifier=identifier, function=function, signature=signature, runner=runner,
        is_death_counted=is_death_counted, retry=retry, no_retry=errors,
        transactions=transactions, timeout=timeout, limits=_checked(identifier, limits),
    )  # fmt: skip


def _runner(identifier: str, function: object, *, is_process: bool) -> Runner:
    """Return where a function runs.

    Raises:
        UsageError: it runs nowhere.
    """
    if not callable(function):
        raise UsageError(f"the task {identifier} is no function but {type(function).__name__}")
    is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 -- an object with an async __call__
    )
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(f"the task {identifier} is a generator: nobody would ask it for values")
    if is_async and is_process:
        raise UsageError(f"the task {identifier} is async: it runs in the loop, not in a process")
    if is_process and "<locals>" in getattr(function, "__qualname__", ""):
        raise UsageError(
            f"the task {identifier} runs in a process: define its function at the top of a module, "
            "where another process finds it"
        )
    return "loop" if is_async else "process" if is_process else "thread"


def _check_retries(
    identifier: str, retry: RetryPolicy | None, errors: Iterable[type[BaseException]]
) -> None:
    if retry is not None and (
        not callable(retry) or isinstance(retry, type) or inspect.iscoroutinefunction(retry)
    ):
        raise UsageError(
            f"the retry policy of {identifier} is no ordinary function of the job and the error, "
            f"as Exponential() is one: {retry!r}"
        )
    for error in errors:
        if not (isinstance(error, type) and issubclass(error, BaseException)):
            raise UsageError(f"what {identifier} has in no_retry is no class of errors: {error!r}")


def _check_transactions(
    identifier: str, signature: Signature, runner: Runner, transactions: Transactions | None
) -> None:
    if transactions is None:
        if signature.connection is not None:
            kind = signature.connection.type
            raise UsageError(
                f"the task {identifier} takes a {kind.__module__}.{kind.__qualname__}, which only "
                "transactional tasks are given: @app.task(transactional=True)"
            )
        return
    if runner == "process":
        raise UsageError(
            f"the task {identifier} runs in a process, and cannot be transactional: a transaction "
            "does not leave the process that has its connection"
        )
    from kongtask.worker.transactional.sources import check_transactions

    check_transactions(transactions, is_async=runner == "loop")


def _checked(identifier: str, limits: Iterable[Limit]) -> tuple[Limit, ...]:
    checked = tuple(limits)
    if checked:
        # Imported where there is something to do: it takes a tenth of a worker's start.
        from kongtask.jobs.limits import Concurrency, Rate

        for limit in checked:
            if not isinstance(limit, Concurrency | Rate):
                raise UsageError(
                    f"{limit!r} is no limit for {identifier}: give Concurrency or Rate"
                )
    return checked


class TaskList(Mapping[str, Task]):
    """The tasks that a worker knows, by identifier."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}

    def add(self, task: Task) -> None:
        """Add a task.

        Raises:
            UsageError: there is another one of that identifier.
        """
        if task.identifier in self._tasks:
            raise UsageError(f"there are two tasks with the identifier {task.identifier}")
        self._tasks[task.identifier] = task

    def __getitem__(self, identifier: str) -> Task:
        return self._tasks[identifier]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)


Middleware = Callable[[Any, Callable[[], Awaitable[Any]]], Awaitable[Any]]
