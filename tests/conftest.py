"""Real servers for the tests: the embedded 16 and 18, and whatever else the machine has.

``KONGTASK_TEST_DATABASE_URL`` names another server to run the default tests on.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import settings

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.embedded import LocalServer, embedded_binaries, server_major
from kongtask.database.scratch import scratch_database
from tests.strategies import PROFILE

#: The tests' servers hold nothing that must survive a power cut.
FAST = {"fsync": "off", "full_page_writes": "off", "wal_level": "logical"}

for variable in [name for name in os.environ if name.startswith("PG") or name == "DATABASE_URL"]:
    del os.environ[variable]
os.environ.pop("GRAPHILE_WORKER_SCHEMA", None)

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would every program
# that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@lru_cache(maxsize=1)
def server_binaries() -> dict[int, Path]:
    """Return the folders of server programs on this machine, by major version, from 13 on."""
    folders = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *(Path(p) for p in os.environ.get("KONGTASK_TEST_BINARIES", "").split(os.pathsep) if p),
    ]
    pg_config = shutil.which("pg_config")
    if pg_config:
        printed = subprocess.run(
            [pg_config, "--bindir"], capture_output=True, text=True, check=True
        )
        folders.append(Path(printed.stdout.strip()))
    found = {
        server_major(folder): folder for folder in folders if (folder / "postgres").exists()
    } | embedded_binaries()
    return {major: folder for major, folder in sorted(found.items()) if major >= 13}


class Servers:
    """The test run's servers, each started when first asked for."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._running: dict[int, Target] = {}
        self._stack = ExitStack()

    def target(self, major: int) -> Target:
        if major not in self._running:
            server = LocalServer(server_binaries()[major], self._home / str(major), FAST)
            self._running[major] = self._stack.enter_context(server).target()
        return self._running[major]

    def close(self) -> None:
        self._stack.close()


@contextmanager
def public_folder() -> Iterator[Path]:
    """Make a folder for a server: as root it runs as another user, who must pass through.

    pytest's own folders are private, and made private again by each further run of pytest.
    """
    folder = Path(tempfile.mkdtemp(prefix="kongtask-tests-"))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that run on every server, so that the matrix can pick them."""
    for item in items:
        if isinstance(item, pytest.Function) and "each_server" in item.fixturenames:
            item.add_marker("every_server")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write half surrogate pairs in captured logs as escapes: a report must travel as UTF-8."""
    report = yield
    report.sections = [
        (title, text.encode("utf-8", "backslashreplace").decode())
        for title, text in report.sections
    ]
    return report


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which servers there are, and what the property tests draw their examples from."""
    seed = config.getoption("--hypothesis-seed") or "each test's own, always the same"
    return [
        f"PostgreSQL servers: {', '.join(str(major) for major in server_binaries())}",
        f"Hypothesis: profile {PROFILE}, {settings().max_examples} examples, seed: {seed}",
    ]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """All servers of the machine, by major version."""
    with public_folder() as home:
        running = Servers(home)
        try:
            yield running
        finally:
            running.close()


@pytest.fixture(scope="session")
def server(servers: Servers) -> Target:
    """The server of the default tests, with a role that may create databases."""
    url = os.environ.get("KONGTASK_TEST_DATABASE_URL")
    if url is not None:
        return Target(conninfo=url, source="KONGTASK_TEST_DATABASE_URL")
    return servers.target(max(embedded_binaries()))


@pytest.fixture(params=[pytest.param(major, id=f"pg{major}") for major in server_binaries()])
def each_server(request: pytest.FixtureRequest, servers: Servers) -> Target:
    """Every server of the machine, one after the other."""
    return servers.target(request.param)


@pytest.fixture
def database(server: Target) -> Iterator[Target]:
    """An empty database on the default server, dropped afterwards."""
    with scratch_database(server) as target:
        yield target


@pytest.fixture
def connection(database: Target) -> Iterator[Connection]:
    """A connection to an empty database, in autocommit mode."""
    with connect(database) as opened:
        yield opened


@pytest.fixture
def each_database(each_server: Target) -> Iterator[Target]:
    """An empty database on every server of the machine."""
    with scratch_database(each_server) as target:
        yield target


@pytest.fixture
def new_database(server: Target) -> Iterator[Callable[[], Target]]:
    """A maker of empty databases, for tests that need several."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(scratch_database(server))
