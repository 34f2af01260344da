"""What a job is to be: its arguments, checked before the database is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, TypedDict, get_args

from msgspec import Struct
from msgspec.structs import force_setattr

from kongtask.errors import JobSpecError

JobKeyMode = Literal["replace", "preserve_run_at", "unsafe_dedupe"]

MAX_IDENTIFIER = 128
MAX_QUEUE_NAME = 128
MAX_KEY = 512

#: The numbers that PostgreSQL's smallint holds.
SMALLEST, GREATEST = -32768, 32767


class JobOptions(TypedDict, total=False):
    """The options of a job; what is left out or None has its default."""

    queue_name: str | None
    run_at: datetime | None
    max_attempts: int | None
    job_key: str | None
    job_key_mode: JobKeyMode | None
    priority: int | None
    flags: Iterable[str] | None


# Without gc: the collector would walk all specs of a bulk load again and again, and what JSON can
# hold does not refer to its spec.
class JobSpec(Struct, frozen=True, kw_only=True, gc=False):
    """A job to add; what is None has its default.

    Attributes:
        identifier: the task that is to execute it.
        payload: what the task gets; ``{}`` by default.
        queue_name: jobs of one queue are executed one after the other.
        run_at: the earliest time, with its time zone; now by default.
        max_attempts: how often to try; 25 by default.
        job_key: at most one job has a key; see ``job_key_mode``.
        job_key_mode: what becomes of a job that has the key already. ``replace``, the default, puts
            this one in its place; ``preserve_run_at`` does so too, and keeps the time of a job that
            was never begun; ``unsafe_dedupe`` leaves the old one as it is, even one that failed.
        priority: the smaller, the sooner; 0 by default.
        flags: marks by which workers may leave a job alone.

    Raises:
        JobSpecError: no job can have these arguments.
    """

    identifier: str
    payload: Any = None
    queue_name: str | None = None
    run_at: datetime | None = None
    max_attempts: int | None = None
    job_key: str | None = None
    job_key_mode: JobKeyMode | None = None
    priority: int | None = None
    flags: Iterable[str] | None = None

    def __post_init__(self) -> None:
        """Refuse what no job can have."""
        _check_string("identifier", self.identifier)
        _check_name("identifier", self.identifier, MAX_IDENTIFIER)
        if self.queue_name is not None:
            _check_string("queue_name", self.queue_name)
            _check_name("queue_name", self.queue_name, MAX_QUEUE_NAME)
        if self.job_key is not None:
            _check_string("job_key", self.job_key)
            _check_text("job_key", self.job_key, MAX_KEY)
        if self.job_key_mode is not None and self.job_key_mode not in get_args(JobKeyMode):
            raise JobSpecError(
                f"job_key_mode is {self.job_key_mode!r}; "
                f"it must be one of {', '.join(get_args(JobKeyMode))}"
            )
        if self.run_at is not None:
            check_time("run_at", self.run_at)
        if self.max_attempts is not None:
            check_number("max_attempts", self.max_attempts, smallest=1)
        if self.priority is not None:
            check_number("priority", self.priority)
        if self.flags is not None:
            force_setattr(self, "flags", _distinct_flags(self.flags))


class Prepared(Struct, frozen=True, kw_only=True, gc=False):
    """A spec with its payload as text."""

    spec: JobSpec
    payload: str | None

    def fingerprint(self, now: datetime) -> tuple[object, ...]:
        """Return what the job without a key has that this becomes; ``now`` is when."""
        spec = self.spec
        return (
            spec.identifier,
            spec.queue_name,
            "{}" if self.payload is None else self.payload,
            spec.run_at or now,
            25 if spec.max_attempts is None else spec.max_attempts,
            spec.priority or 0,
            frozenset(spec.flags or ()),
        )


def check_time(name: str, value: object) -> None:
    """Refuse what is no time, and a time whose zone is not known."""
    if not isinstance(value, datetime):
        raise JobSpecError(f"{name} is of type {type(value).__qualname__}; give a datetime")
    if value.utcoffset() is None:
        raise JobSpecError(
            f"{name} has no time zone, so it names no moment; give one that has, for instance "
            "datetime.now(timezone.utc) + timedelta(minutes=5), or value.astimezone()"
        )


def check_number(name: str, value: object, *, smallest: int = SMALLEST) -> None:
    """Refuse what is no whole number, or one that PostgreSQL's smallint does not hold."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise JobSpecError(f"{name} is of type {type(value).__qualname__}; give a whole number")
    if not smallest <= value <= GREATEST:
        raise JobSpecError(f"{name} is {value}; it must be from {smallest} to {GREATEST}")


def check_list(name: str, values: Iterable[str]) -> list[str]:
    """Return strings as a list; refuse a lone string, which is an iterable of strings too."""
    if isinstance(values, str | bytes):
        raise JobSpecError(f"{name} is a string; give a list: [{values!r}]")
    listed = list(values)
    for value in listed:
        if not isinstance(value, str) or "\0" in value:
            raise JobSpecError(f"{name} holds {value!r}; give strings without NUL characters")
    return listed


def _check_string(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise JobSpecError(f"{name} is of type {type(value).__qualname__}; give a string")


def _check_text(name: str, value: str, longest: int) -> None:
    if not value:
        raise JobSpecError(f"{name} is empty; give it a value, or leave it out if it is optional")
    if len(value) > longest:
        raise JobSpecError(f"{name} has {len(value)} characters; at most {longest} are possible")
    if "\0" in value:
        raise JobSpecError(f"{name} holds a NUL character, which PostgreSQL does not keep")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise JobSpecError(f"{name} is no valid UTF-8: {value!r}") from error


#: Of tasks and queues there are few, and jobs have them again and again.
_check_name = lru_cache(maxsize=1024)(_check_text)


def _distinct_flags(flags: Iterable[str] | None) -> tuple[str, ...] | None:
    if flags is None:
        return None
    distinct = tuple(dict.fromkeys(check_list("flags", flags)))
    for flag in distinct:
        _check_text("a flag", flag, GREATEST)
    return distinct or None
