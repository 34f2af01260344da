"""Batch jobs: a list of entries as the payload, and a result for each."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable
from typing import Any

import msgspec

from kongtask.errors import BatchError
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.tasks.attempts import Snoozed, message_of
from kongtask.worker.tasks.outcomes import Retry, Snooze

_log = logging.getLogger("kongtask.worker")


async def settle_batch(job: ClaimedJob, results: list[Any]) -> Snoozed | None:
    """Await each entry of a batch job's result, where the payload is a list of the same length.

    Returns:
        The rest of the job, where entries are snoozed and none failed.

    Raises:
        BatchError: some entries failed; it holds what is left of the payload.
    """
    payload = job.payload
    if not isinstance(payload, list) or len(payload) != len(results):
        _leave_alone(job, results)
        return None
    waiting = [(n, item) for n, item in enumerate(results) if inspect.isawaitable(item)]
    settled = await asyncio.gather(*(_outcome(item) for _, item in waiting))
    for (number, _), outcome in zip(waiting, settled, strict=True):
        results[number] = outcome
    left = [n for n, item in enumerate(results) if isinstance(item, BaseException | Snooze)]
    if not left:
        return None
    rest = msgspec.json.encode([payload[n] for n in left]).decode()
    snoozes = [results[n] for n in left if isinstance(results[n], Snooze)]
    if len(snoozes) == len(left):
        return Snoozed(job=job, wait=max(each.seconds for each in snoozes), payload=rest)
    # A job has one number of attempts: beside entries that failed, the others' count too.
    errors = [
        Retry("the task snoozed this entry", in_=item.in_) if isinstance(item, Snooze) else item
        for item in (results[n] for n in left)
    ]
    raise BatchError(
        "Batch failures:\n" + "\n".join(message_of(error) for error in errors),
        errors=tuple(errors),
        payload=rest,
    )


async def _outcome(entry: Awaitable[Any]) -> Any:
    """Return what an entry comes to: its result, or what it raises.

    An event loop ends with a SystemExit or KeyboardInterrupt that one of its tasks raises.
    """
    try:
        return await entry
    except BaseException as error:
        return error


def _leave_alone(job: ClaimedJob, results: list[Any]) -> None:
    waiting = [item for item in results if inspect.isawaitable(item)]
    if not waiting:
        return
    _log.warning(
        "%r returned %d results, which are not one for each entry of its payload: nobody awaits "
        "them, and the job counts as done", job, len(results),
    )  # fmt: skip
    for item in waiting:
        if inspect.iscoroutine(item):
            item.close()
