"""What do ten thousand cron items cost: to read, and to look through each minute?"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from kongtask.cron import CronItem, Digest, Pattern, parse_crontab
from support.report import Column, Report, median, options

COLUMNS = (Column("name", "of all items"), Column("ms", "ms", ".1f"))


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


def due(items: list[CronItem], minute: datetime) -> list[CronItem]:
    """Return the items of a minute."""
    digest = Digest.of(minute)
    return [
        item
        for item in items
        if (item.match.matches(digest) if isinstance(item.match, Pattern) else item.match(digest))
    ]


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, rounds=7)
    parser.add_argument("--items", type=int, default=10_000)
    given = parser.parse_args()
    text = crontab(given.items)
    items = parse_crontab(text)
    first = datetime(2030, 1, 1).astimezone()
    minutes = [first + timedelta(minutes=n) for n in range(60)]
    rows: list[dict[str, Any]] = [
        {
            "name": "reading the crontab",
            "ms": median([milliseconds(lambda: parse_crontab(text)) for _ in range(given.rounds)]),
        },
        {
            "name": "finding what is due in a minute",
            "ms": median([milliseconds(lambda m=m: due(items, m)) for m in minutes]),
        },
    ]
    report = Report(parser.description or "", {})
    report.add(f"{given.items:,} items", COLUMNS, rows)
    report.print(as_json=given.json)


if __name__ == "__main__":
    main()
