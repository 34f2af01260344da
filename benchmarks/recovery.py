"""How long until the job of a killed worker runs elsewhere: ``python benchmarks/recovery.py [N]``.

Two workers, one job. Whoever has the job is killed with SIGKILL, N times (20 unless given), and a
new worker takes its place. Prints the times from the kill to the job's next begin.
"""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from kongtask.database.connection import Target, connect
from kongtask.database.embedded import embedded_server
from kongtask.database.scratch import scratch_database
from kongtask.migrate import install_extension, migrate, worker_migrations

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.worker.lively_process import lively


def main(kills: int) -> None:
    """Kill workers, and print how long others took."""
    with embedded_server() as server, scratch_database(server.target()) as target:
        migrate(target, worker_migrations(), "graphile_worker")
        install_extension(target, "graphile_worker")
        seconds = sorted(measure(target, kills))
    print(f"{kills} kills: until the job runs again")
    for title, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)):
        print(f"  {title}  {seconds[max(0, round(share * kills) - 1)]:5.2f} s")


def measure(target: Target, kills: int) -> list[float]:
    """Return the seconds that each kill took."""
    with connect(target) as connection:
        connection.execute(
            "select graphile_worker.add_job('hang_uncounted', max_attempts => 30000)"
        )
    found = []
    with ExitStack() as stack:
        idle = stack.enter_context(lively(target.conninfo))
        idle.until("hang")
        busy = idle
        for _ in range(kills):
            idle = stack.enter_context(lively(target.conninfo, life={"most_deaths": 30000}))
            idle.until("listening")
            settle(target)
            busy.send(signal.SIGKILL)
            began = monotonic()
            idle.until("hang")
            found.append(monotonic() - began)
            busy = idle
            forgive(target)
    return found


def settle(target: Target) -> None:
    """Wait until the server has been up for so long that workers take over from others."""
    with connect(target) as connection:
        connection.execute(
            "select pg_sleep_until(pg_postmaster_start_time() + interval '7 seconds')"
        )


def forgive(target: Target) -> None:
    """Let the job be as if nobody had died of it, so that it is not delayed."""
    with connect(target) as connection:
        connection.execute("update graphile_worker._private_jobs set last_error = null")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
