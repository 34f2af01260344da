"""What one look at a queue shows: lines of text. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from kongtask.cli.table import cut, one_line
from kongtask.jobs.pauses import PAUSER
from kongtask.monitoring import JobCounts, Overview, Pool, QueueCounts, QueueStatistics
from kongtask.monitoring.statistics import GROUPS

Style = Literal["plain", "head", "warning", "error"]

#: How many rows a list shows where there is no terminal to fill.
_ROWS = 20

_STATES = ("waiting", "scheduled", "retrying", "locked", "failed")

_POOL_STYLES: dict[str, Style] = {"late": "warning", "dead": "error", "recovered": "warning"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line, and how it is drawn."""

    text: str
    style: Style = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """Rows under a head.

    Attributes:
        head: the columns' names.
        rows: a cell for each column.
        styles: how each row is drawn.
        empty: what to say where there are no rows.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    styles: Sequence[Style]
    empty: str


def frame(
    overview: Overview, title: str, *, width: int | None = None, height: int | None = None
) -> list[Line]:
    """Return the lines that show a look at a queue.

    Args:
        overview: what was seen.
        title: the database.
        width: how many characters a line may have; None for any number.
        height: how many lines there may be; None for any number.
    """
    lines = [
        Line(text=f"{title}  {overview.statistics.taken_at.astimezone(UTC):%H:%M:%S} UTC"),
        *_summary(overview),
    ]
    lists = [_pools(overview), _queues(overview.statistics), _failing(overview.statistics)]
    room = None if height is None else height - len(lines)
    for list_, rows in zip(lists, _shares(lists, room), strict=True):
        lines += [Line(text=""), *_drawn(list_, rows)]
    return [Line(text=cut(line.text, width), style=line.style) for line in lines[:height]]


def _summary(overview: Overview) -> Iterator[Line]:
    statistics, rates = overview.statistics, overview.rates
    about = f"about, from {statistics.sampled:.1%} of the table: " if statistics.is_estimate else ""
    counts = ", ".join(f"{getattr(statistics.jobs, state):,} {state}" for state in _STATES)
    yield Line(text=f"jobs     {about}{counts}")
    more = "more than " if statistics.has_more_due else ""
    yield Line(text=f"due      {more}{statistics.due:,}{_oldest(statistics)}")
    yield Line(text=f"a second {_rate(rates.added)} added, {_rate(rates.finished)} finished")


def _oldest(statistics: QueueStatistics) -> str:
    oldest = statistics.oldest
    if oldest is None:
        return ""
    queue = f", queue {oldest.queue_name}" if oldest.queue_name else ""
    return one_line(
        f", the oldest for {_span(statistics.oldest_age)}: "
        f"job {oldest.id}, {oldest.task_identifier}{queue}"
    )


def _pools(overview: Overview) -> _List:
    statistics, now = overview.statistics, overview.statistics.taken_at
    pools = overview.pools or []
    about = "~" if statistics.is_estimate else ""
    return _List(
        head=["pool", "state", "host", "process", "concurrency", "jobs", "seen", "tasks"],
        rows=[
            [
                pool.pool_id, pool.state, pool.host, str(pool.process_id), str(pool.concurrency),
                f"{about}{_jobs(pool, statistics)}", f"{_since(pool.last_seen_at, now)} ago",
                ", ".join(pool.tasks),
            ]
            for pool in pools
        ],
        styles=[_POOL_STYLES.get(pool.state, "plain") for pool in pools],
        empty=overview.problem or "no pool is registered; workers of Node do not register",
    )  # fmt: skip


def _queues(statistics: QueueStatistics) -> _List:
    now, queues = statistics.taken_at, statistics.queues
    return _List(
        head=["queue", *_STATES, "locked for"],
        rows=[
            [queue.queue_name, *_counts(queue), _locked(queue, now)] for queue in queues
        ],
        styles=["plain" for _ in queues],
        empty="no queue has jobs",
    )  # fmt: skip


def _locked(queue: QueueCounts, now: datetime) -> str:
    if queue.locked_by == PAUSER:
        return "paused"
    return _since(queue.locked_at, now) if queue.locked_at else ""


def _failing(statistics: QueueStatistics) -> _List:
    tasks = [task for task in statistics.tasks if task.retrying or task.failed]
    tasks.sort(key=lambda task: (-task.failed, -task.retrying, task.task_identifier))
    return _List(
        head=["failing task", *_STATES, "last error"],
        rows=[[task.task_identifier, *_counts(task), task.last_error or ""] for task in tasks],
        styles=["error" if task.failed else "warning" for task in tasks],
        empty="no task fails",
    )


def _shares(lists: Sequence[_List], room: int | None) -> list[int]:
    """Return how many rows each list may show: the longest give way first."""
    wanted = [max(1, len(list_.rows)) for list_ in lists]
    if room is None:
        return [min(rows, _ROWS) for rows in wanted]
    left = room - 2 * len(lists)  # an empty line and a head for each
    while sum(wanted) > max(left, len(lists)):
        wanted[wanted.index(max(wanted))] -= 1
    return wanted


def _drawn(list_: _List, limit: int) -> Iterator[Line]:
    if not list_.rows:
        yield Line(text=list_.head[0].upper(), style="head")
        yield Line(text=list_.empty)
        return
    # The last row tells of those that there is no room for.
    shown = limit if len(list_.rows) <= limit else limit - 1
    rows = [[one_line(cell) for cell in row] for row in list_.rows[:shown]]
    head = [name.upper() for name in list_.head]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    yield Line(text=_aligned(head, widths), style="head")
    for row, style in zip(rows, list_.styles[:shown], strict=True):
        yield Line(text=_aligned(row, widths), style=style)
    if shown < len(list_.rows):
        least = "at least " if len(list_.rows) >= GROUPS else ""
        yield Line(text=f"and {least}{len(list_.rows) - shown} more")


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _counts(counts: JobCounts) -> list[str]:
    return [f"{getattr(counts, state):,}" for state in _STATES]


def _jobs(pool: Pool, statistics: QueueStatistics) -> int:
    holder = statistics.holders.get(pool.pool_id)
    return holder.jobs if holder else 0


def _rate(rate: float | None) -> str:
    return "?" if rate is None else f"{rate:,.1f}"


def _since(time: datetime, now: datetime) -> str:
    return _span((now - time).total_seconds())


def _span(seconds: float) -> str:
    """Return a length of time in two units at most."""
    seconds = max(seconds, 0)
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"
