"""Running a task in a transaction, in which its job ends too.

The job is deleted last, and only if it is still the pool's: so its row is locked for a moment, not
for as long as the task runs, and a worker that has lost its claim changes nothing. Where a
connection is lost before it tells whether it has committed, the server knows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import Any

from kongtask.database.statements import load_statement
from kongtask.errors import BatchError, JobLostError, TransactionError, UsageError
from kongtask.jobs.failures import sqlstate_of
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.connections.retries import CLASH, LOST, LOST_CLASSES, Backoff, backoff_for
from kongtask.worker.execution.batches import settle_batch
from kongtask.worker.execution.runners import Runners
from kongtask.worker.tasks.context import Context, Surroundings
from kongtask.worker.tasks.outcomes import Fail, Retry, Snooze
from kongtask.worker.tasks.task import Task
from kongtask.worker.transactional.contexts import TransactionContext, TransactionThreadContext
from kongtask.worker.transactional.limit import AnswerLimit
from kongtask.worker.transactional.run import Run
from kongtask.worker.transactional.sources import begin, begin_async
from kongtask.worker.transactional.statements import (
    End,
    end_job,
    name_transaction,
    transaction_name,
)

_log = logging.getLogger("kongtask.worker")

#: Another transaction was in the way: this one has done nothing and may begin anew.
_CLASHES = frozenset({"40001", "40P01"})

#: How often a task is run at once before a clash counts as a failed attempt.
_MOST_RUNS = 5

#: How often a transaction that cannot be begun is tried: for minutes.
_MOST_BEGINS = 30

_LOST = "{job} was not this worker's any more when its task had returned; nothing was written"

#: Runs a statement and returns its rows.
Ask = Callable[[bytes, Mapping[str, Any]], Awaitable[Sequence[tuple[Any, ...]]]]

#: Seconds between looks at a transaction that has not ended.
_PAUSE = 0.05


class _NotDone(Exception):  # noqa: N818 -- no error: takes the transaction back
    """The task has returned, and its job is not done."""

    def __init__(self, result: Snooze) -> None:
        super().__init__(result)
        self.result = result


class TransactionalRunner:
    """Runs tasks in transactions.

    Args:
        around: what the pool offers to tasks.
        runners: threads.
        ask: runs a statement on a connection of the pool's own, again where the connection is lost.
        answer_timeout: seconds that the server may take to begin a transaction, and to end it.
    """

    def __init__(
        self, around: Surroundings, runners: Runners, ask: Ask, *, answer_timeout: float
    ) -> None:
        self._around, self._runners, self._ask = around, runners, ask
        self._answer_timeout = answer_timeout
        self._committed: set[ClaimedJob] = set()

    async def call(self, job: ClaimedJob, task: Task) -> Any:
        """Run a task in a transaction, end its job there, and commit; return the task's result.

        A transaction that clashed with another one is run again at once, a few times.

        Raises:
            JobLostError: the job was not the pool's any more; nothing was written.
            TransactionError: the transaction could not be completed; nothing was written, unless
                the task has committed by itself.
            Exception: the task's; nothing was written.
        """
        attempt = 0
        while True:
            limit = AnswerLimit(self._answer_timeout, is_in_loop=task.runner == "loop")
            run = Run(job, transaction_name(job, self._around.pool_id), job.moments, limit)
            try:
                return await self._run(run, task)
            except Exception as error:
                backoff = self._backoff(run, attempt, error)
                if backoff is None:
                    raise
                _log.warning("%r is run in a new transaction: %s", job, error)
            await asyncio.sleep(backoff.delay(attempt))
            attempt += 1

    def forget(self, job: ClaimedJob) -> bool:
        """Tell whether a job's end was committed with its task; ask only once."""
        if job not in self._committed:
            return False
        self._committed.remove(job)
        return True

    async def _run(self, run: Run, task: Task) -> Any:
        try:
            if task.runner == "loop":
                await self._in_loop(run, task)
            else:
                await self._in_thread(run, task)
        except _NotDone as left:
            return left.result
        except JobLostError:
            await self._refuse_elsewhere(run)
            raise
        except BaseException as error:
            if run.is_begun and not run.is_ending and (run.limit.has_cut or _passes(error)):
                await self._end(run)
            if not run.is_ending or not await self._has_committed(run):
                raise
            _log.warning("%r is done: its transaction was committed, and then:", run.job,
                         exc_info=error)  # fmt: skip
        if run.xid is None:
            raise TransactionError("the task raised psycopg.Rollback: nothing was written")
        self._committed.add(run.job)
        return run.result

    async def _in_loop(self, run: Run, task: Task) -> None:
        around, job = self._around, run.job
        with run.limit:
            async with begin_async(task.transactions, around, run) as handle:
                await name_transaction(handle, run.name)
                context = TransactionContext(job, around, handle)
                with run.calling():
                    result = await task.function(**_arguments(job, task, context, handle))
                    run.result = await _whole(job, result)
                self._begin_end(run)
                with _completing():
                    end = await end_job(handle, job.id, run.claims, around.pool_id, run.name,
                                        schema=around.schema)  # fmt: skip
                _look_at(end, run)

    async def _in_thread(self, run: Run, task: Task) -> None:
        around, job, loop = self._around, run.job, asyncio.get_running_loop()

        def work() -> None:
            with run.limit, begin(task.transactions, around, run) as handle:
                name_transaction(handle, run.name)
                context = TransactionThreadContext(Context(job, around), loop, handle)
                with run.calling():
                    result = task.function(**_arguments(job, task, context, handle))
                    if isinstance(result, Snooze | list):  # what these mean, the loop finds out
                        whole = asyncio.run_coroutine_threadsafe(_whole(job, result), loop)
                        result = whole.result()
                    run.result = result
                self._begin_end(run)
                with _completing():
                    end = end_job(handle, job.id, run.claims, around.pool_id, run.name,
                                  schema=around.schema)  # fmt: skip
                _look_at(end, run)

        # What middleware has set, a span for instance, is to hold in the thread too.
        await self._runners.in_thread(partial(copy_context().run, work), {})

    def _begin_end(self, run: Run) -> None:
        """Go on to the end, unless the job was asked to end before: then nothing is written.

        Raises:
            JobTimedOutError, JobCancelledError: it was.
        """
        stopped = self._around.stops.get(run.job)
        if stopped is not None:
            raise stopped
        run.begin_end()

    async def _has_committed(self, run: Run) -> bool:
        """Find out whether a transaction was committed whose end nobody has seen.

        Raises:
            JobLostError: it was not, and the job is not the pool's any more.
        """
        if not await self._end(run) or run.xid is None:  # nobody has told the server to commit
            return False
        is_ours, status = await self._find_outcome(run)
        if not is_ours and status != "committed":
            raise JobLostError(_LOST.format(job=run.job))
        return not is_ours

    async def _end(self, run: Run) -> bool:
        """End a transaction whose connection is lost; tell whether it has ended.

        Where the server does not know that its client has gone, the transaction would keep its
        locks for as long as the connection counts as alive, for hours maybe, and the job's next
        attempt would wait for them.
        """
        while await self._ask(_sql("end_transaction", self._around.schema), {"name": run.name}):
            if self._around.is_killed:
                return False
            await asyncio.sleep(_PAUSE)
        return True

    async def _refuse_elsewhere(self, run: Run) -> None:
        """Tell a job that is not the pool's any more from one that the task's connection misses.

        Raises:
            TransactionError: the job is still the pool's.
        """
        is_ours, _ = await self._find_outcome(run)
        if is_ours:
            raise TransactionError(
                "the task's transaction does not see its own job: it is in another database than "
                f"the worker schema {self._around.schema}, or its role may not see that schema's "
                "rows; nothing was written"
            )

    async def _find_outcome(self, run: Run) -> tuple[bool, str | None]:
        values = {
            "job_id": run.job.id, "pool_id": self._around.pool_id, "claims": list(run.job.moments),
            "xid": run.xid,
        }  # fmt: skip
        ((is_ours, status),) = await self._ask(_sql("find_outcome", self._around.schema), values)
        return is_ours, status

    def _backoff(self, run: Run, attempt: int, error: Exception) -> Backoff | None:
        """Return how to wait before the task is run again at once; None if it is not."""
        most = _MOST_RUNS if run.is_begun else _MOST_BEGINS
        is_to_end = self._around.cancelled.is_set() or run.job in self._around.stops
        if is_to_end or attempt >= most - 1:
            return None
        if not run.is_begun:
            return LOST if _passes(error) else None
        is_clash = sqlstate_of(error) in _CLASHES and not isinstance(error, Retry | Fail)
        return CLASH if is_clash else None


def _arguments(job: ClaimedJob, task: Task, context: Any, handle: Any) -> dict[str, Any]:
    """Return a task's arguments, the transaction's connection among them where it takes that.

    Raises:
        PayloadError: the payload is not as the type hints say.
        UsageError: the task takes another kind of connection.
    """
    arguments = task.signature.bind(job.payload_text, context)
    wanted = task.signature.connection
    if wanted is not None:
        if not isinstance(handle, wanted.type):
            raise UsageError(
                f"the parameter {wanted.name} of the task {task.identifier} is a "
                f"{wanted.type.__module__}.{wanted.type.__qualname__}, but its transactions are in "
                f"a {type(handle).__module__}.{type(handle).__qualname__}"
            )
        arguments[wanted.name] = handle
    return arguments


async def _whole(job: ClaimedJob, result: Any) -> Any:
    """Return a task's result if its job is done: a transaction holds all of it or nothing.

    Raises:
        _NotDone: the job is to come again.
        BatchError: entries of a batch job failed; all of them are left.
    """
    if isinstance(result, Snooze):
        raise _NotDone(result)
    if isinstance(result, list):
        try:
            snoozed = await settle_batch(job, result)
        except BatchError as error:
            raise BatchError(str(error), errors=error.errors, payload=job.payload_text) from error
        if snoozed is not None:
            raise _NotDone(Snooze(snoozed.wait))
    return result


@contextmanager
def _completing() -> Iterator[None]:
    """Say why a job could not be ended in its transaction.

    Raises:
        TransactionError: with the reason.
    """
    try:
        yield
    except Exception as error:
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise TransactionError(
            f"the task's transaction could not be completed: {first_line} (a task neither commits "
            "nor rolls back, and where it goes on after an error of the database, it does so "
            "behind a savepoint)"
        ) from error


def _look_at(end: End, run: Run) -> None:
    """Go on only if the job was deleted.

    Raises:
        TransactionError: the task has begun a transaction of its own.
        JobLostError: the job is not the pool's any more.
    """
    if not end.is_same:
        raise TransactionError(
            "the task has committed or rolled back its transaction by itself: what it has written "
            "may be there, and is written again when the job is tried again"
        )
    if end.xid is None:
        raise JobLostError(_LOST.format(job=run.job))
    run.xid = end.xid


def _passes(error: BaseException) -> bool:
    """Tell whether the database is away, whatever driver says so."""
    found: BaseException | None = error
    while found is not None:
        if backoff_for(found) is LOST or getattr(found, "connection_invalidated", False):
            return True
        found = found.__cause__
    state = sqlstate_of(error)
    return state is not None and state.startswith(LOST_CLASSES)


def _sql(name: str, schema: str) -> bytes:
    return load_statement("kongtask.worker.transactional", name, schema)
