"""Cron items: what is to be done at which minutes; made here from code, or by a crontab."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal

from msgspec import Struct

from kongtask.cron.faults import Faults
from kongtask.cron.pattern import Digest, Pattern, read_pattern
from kongtask.errors import CrontabError

JobKeyMode = Literal["replace", "preserve_run_at"]
JOB_KEY_MODES: tuple[JobKeyMode, ...] = ("replace", "preserve_run_at")

#: What the worker schema holds: longer texts and other numbers are refused by its constraints, and
#: one such job would hold up every other one of its minute.
LONGEST_NAME = 128
LONGEST_KEY = 512
SMALLINT = range(-(2**15), 2**15)

NO_BACKFILL = timedelta(0)

#: What ends a line in JavaScript, and so a payload in Graphile Worker's crontab.
_LINE_ENDS = re.compile("[\u2028\u2029]")

#: What neither UTF-8 nor PostgreSQL has.
_SURROGATE = re.compile("[\ud800-\udfff]")

_FIVE_FIELDS = "a pattern has five fields (minute, hour, day of the month, month, day of the week)"


class CronItem(Struct, frozen=True, kw_only=True):
    """A job that is added again and again.

    Attributes:
        task_identifier: the task to run.
        match: the minutes, as a pattern or as a function of a minute's digest.
        identifier: the schedule's own name, under which the database knows it.
        payload: what the task gets; ``_cron`` is put in beside it.
        backfill_period: how long a missed minute is made up for.
        max_attempts, queue_name, job_key, priority: as in add_job; None is its default.
        job_key_mode: what happens where a job with the key is there already.
    """

    task_identifier: str
    match: Pattern | Callable[[Digest], bool]
    identifier: str
    payload: Mapping[str, Any] | None = None
    backfill_period: timedelta = NO_BACKFILL
    max_attempts: int | None = None
    queue_name: str | None = None
    job_key: str | None = None
    job_key_mode: JobKeyMode | None = None
    priority: int | None = None


def cron_item(
    match: str | Pattern | Callable[[Digest], bool],
    *,
    task: str,
    identifier: str | None = None,
    payload: Mapping[str, Any] | None = None,
    backfill_period: timedelta = NO_BACKFILL,
    max_attempts: int | None = None,
    queue_name: str | None = None,
    job_key: str | None = None,
    job_key_mode: JobKeyMode | None = None,
    priority: int | None = None,
) -> CronItem:
    """Make a cron item.

    Args:
        match: five fields as in a crontab, or a function that tells whether a minute is due.
        task: the identifier of the task to run.
        identifier: the schedule's own name; the task's identifier if None.
        payload: what the task gets; it must be an object in JSON.
        backfill_period: how long a missed minute is made up for.
        max_attempts: as in add_job, like the three below; None is its default.
        queue_name: as in add_job.
        job_key: as in add_job.
        priority: as in add_job.
        job_key_mode: ``replace`` is the default of an item with a job key.

    Raises:
        CrontabError: the item could never be scheduled; every reason is told.
    """
    item = CronItem(
        task_identifier=task,
        match=_read_match(match) if isinstance(match, str) else match,
        identifier=task if identifier is None else identifier,
        payload=payload,
        backfill_period=backfill_period,
        max_attempts=max_attempts,
        queue_name=queue_name,
        job_key=job_key,
        job_key_mode=default_mode(job_key, job_key_mode),
        priority=priority,
    )
    objections = [f"{name} {reason}" for name, reason in objections_to(item)]
    if objections:
        raise CrontabError(f"the cron item {item.identifier!r} is wrong: {'; '.join(objections)}")
    return item


def default_mode(job_key: str | None, mode: JobKeyMode | None) -> JobKeyMode | None:
    """Return the mode of an item: with a key there is always one."""
    return "replace" if job_key is not None and mode is None else mode


def check_identifiers(items: Iterable[CronItem]) -> None:
    """Make sure that no two items share an identifier: the database could not tell them apart.

    Raises:
        CrontabError: two items do.
    """
    seen: set[str] = set()
    for item in items:
        if item.identifier in seen:
            raise CrontabError(
                f"two cron items have the identifier {item.identifier!r}; give one of them another"
            )
        seen.add(item.identifier)


def objections_to(item: CronItem) -> Iterator[tuple[str, str]]:
    """Yield the attributes that the database would refuse, each with the reason."""
    names = {
        "task_identifier": (item.task_identifier, LONGEST_NAME),
        "identifier": (item.identifier, LONGEST_KEY),
        "queue_name": (item.queue_name, LONGEST_NAME),
        "job_key": (item.job_key, LONGEST_KEY),
    }
    for name, (text, longest) in names.items():
        if text is not None and (reason := objection_to_text(text, longest)):
            yield name, reason
    if item.max_attempts is not None and not 1 <= item.max_attempts < SMALLINT.stop:
        yield "max_attempts", f"must be from 1 to {SMALLINT.stop - 1}, not {item.max_attempts}"
    if item.priority is not None and item.priority not in SMALLINT:
        limits = f"from {SMALLINT.start} to {SMALLINT.stop - 1}"
        yield "priority", f"must be {limits}, not {item.priority}"
    if item.job_key_mode not in {None, *JOB_KEY_MODES}:
        yield "job_key_mode", f"must be {' or '.join(JOB_KEY_MODES)}, not {item.job_key_mode!r}"
    if item.backfill_period < NO_BACKFILL:
        yield "backfill_period", f"must not be negative, as {item.backfill_period} is"
    if item.payload is not None and (reason := objection_to_payload(item.payload)):
        yield "payload", reason


def objection_to_text(text: str, longest: int) -> str | None:
    """Say why a text cannot be stored; None if it can."""
    if not text:
        return "is empty"
    if len(text) > longest:
        return f"has {len(text)} characters; {longest} are the most"
    if "\0" in text or _SURROGATE.search(text):
        return "has a character that PostgreSQL cannot store"
    return None


def objection_to_payload(payload: object) -> str | None:
    """Say why a payload cannot be stored; None if it can."""
    if not isinstance(payload, Mapping):
        return f"must be an object, not {type(payload).__name__}"
    try:
        text = payload_text(payload)
    except RecursionError:
        return "is nested too deeply"
    except (TypeError, ValueError) as error:
        return f"is not JSON: {error}"
    return "holds half a surrogate pair" if _SURROGATE.search(text) else None


def payload_text(payload: Mapping[str, Any]) -> str:
    """Return a payload as JSON, in one line."""
    text = json.dumps(dict(payload), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return _LINE_ENDS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _read_match(text: str) -> Pattern:
    faults = Faults("pattern", text)
    words = [(match.start(), match[0]) for match in re.finditer(r"\S+", text)]
    pattern = None
    if len(words) == 5:
        pattern = read_pattern(words, faults)
    else:
        faults.add(0, f"{_FIVE_FIELDS}, not {len(words)}: * * * * * is every minute")
    if pattern is None:
        faults.fail()
    return pattern
