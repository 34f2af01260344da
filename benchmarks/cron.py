"""What do ten thousand cron items cost: to read, to look through each minute, and to add?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from kongtask.cron import CronItem, parse_crontab
from kongtask.cron.schedule import Timetable
from kongtask.cron.scheduler import Scheduler
from kongtask.database.connection import Target
from kongtask.database.scratch import scratch_database
from support.contestants import make_queue
from support.report import Column, Report, median, options
from support.server import bench_server, facts

COLUMNS = (Column("name", "of all items"), Column("ms", "ms", ",.2f"))
MINUTE = datetime(2030, 1, 1, tzinfo=UTC)


def crontab(items: int) -> str:
    """Return a crontab of lines as people write them."""
    patterns = ("* * * * *", "*/5 * * * *", "{m} * * * *", "{m} {h} * * *", "{m} 4 * * 1-5")
    return "".join(
        patterns[n % len(patterns)].format(m=n % 60, h=n % 24)
        + f' task_{n % 100} ?id=item{n}&fill=1d {{"n": {n}}}\n'
        for n in range(items)
    )


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long something took."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


async def adding(target: Target, items: Iterable[CronItem], rounds: int) -> list[float]:
    """Return the milliseconds of adding what is due at the fullest minute of the hour."""
    async with await psycopg.AsyncConnection.connect(
        target.conninfo, autocommit=True
    ) as connection:

        @asynccontextmanager
        async def lend() -> AsyncIterator[psycopg.AsyncConnection[Any]]:
            yield connection

        scheduler = Scheduler(lend, items)
        found = []
        for n in range(rounds):
            started = time.perf_counter()
            await scheduler.run_once(MINUTE + timedelta(hours=n))
            found.append((time.perf_counter() - started) * 1e3)
        return found


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, rounds=7)
    parser.add_argument("--items", type=int, default=10_000)
    given = parser.parse_args()
    text = crontab(given.items)
    items = parse_crontab(text)
    timetable = Timetable(items)
    reading = [milliseconds(lambda: parse_crontab(text)) for _ in range(given.rounds)]
    minutes = [MINUTE + timedelta(minutes=n) for n in range(60)]
    finding = [milliseconds(lambda m=m: timetable.due(m)) for m in minutes]
    count = len(timetable.due(MINUTE))
    with bench_server(given.conn) as server, scratch_database(server.target) as target:
        make_queue(target)
        report = Report(parser.description or "", facts(target))
        added = asyncio.run(adding(target, items, given.rounds))
    rows: list[dict[str, Any]] = [
        {"name": "reading the crontab", "ms": median(reading)},
        {"name": "finding what is due in a minute", "ms": median(finding)},
        {"name": f"finding and adding the {count:,} jobs of a full hour", "ms": median(added)},
    ]
    report.add(f"{given.items:,} items", COLUMNS, rows)
    report.print(as_json=given.json)


if __name__ == "__main__":
    main()
