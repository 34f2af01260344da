"""A worker whose tasks write down what they do in a table that is only ever added to.

``python -m tests.worker.held_back CONNINFO``
"""

from __future__ import annotations

import asyncio
import random
import sys
from typing import Any

from kongtask.jobs import Concurrency, Rate
from kongtask.worker import App, Context

MAKE_HISTORY = b"""
create table history (
  seq bigint generated always as identity primary key,
  what text not null,
  task text not null,
  job_id bigint not null,
  key text not null,
  pool_id text not null,
  claimed_at timestamptz not null,
  at timestamptz not null default clock_timestamp()
)
"""

NOTE = """
insert into history (what, task, job_id, key, pool_id, claimed_at)
values (%s, %s, %s, %s, %s, %s)
"""

#: At once, of all and of each key; and begun in any second.
MOST, MOST_OF_A_KEY, MOST_A_SECOND = 5, 1, 40

LIMITS: dict[str, list[Concurrency | Rate]] = {
    "keyed": [
        Concurrency(MOST, group="shared"), Concurrency(MOST_OF_A_KEY, key="customer.id"),
    ],
    "shared": [Concurrency(MOST, group="shared")],
    "paced": [Rate(MOST_A_SECOND, per=1)],
    "free": [],
}  # fmt: skip


def make_app(conninfo: str) -> App:
    """Return the application."""
    app = App(conninfo)

    async def work(payload: Any, context: Context) -> None:
        job, key = context.job, payload["customer"]["id"]
        for what in ("begin", "end"):
            values = (what, job.task_identifier, job.id, key, context.pool_id, job.locked_at)
            await context.query(NOTE, values)
            if what == "begin":
                await asyncio.sleep(random.uniform(0, 0.01))

    for task, limits in LIMITS.items():
        app.task(task, limits=limits)(work)
    return app


if __name__ == "__main__":
    make_app(sys.argv[1]).run_blocking()
