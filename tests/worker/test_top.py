"""``kongtask top``: what a look shows, and the terminal that it is shown on."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from select import select
from subprocess import CompletedProcess
from time import monotonic, sleep

import pytest

from kongtask.cli.top.frame import frame
from kongtask.database.connection import Target, connect
from kongtask.jobs import pause, permanently_fail_jobs
from kongtask.monitoring import Overview, Rates, Watch, find_pools, read_statistics
from tests.programs import ENVIRON, run

from .lively_process import IN_VAIN, lively
from .queue import Queue
from .test_pools_command import register

PROGRAM = Path(ENVIRON["PATH"].split(os.pathsep)[0]) / "kongtask"


def top(queue: Queue, *arguments: str) -> CompletedProcess[str]:
    return run("kongtask", "top", *arguments, "-conn", queue.conninfo, cwd=Path("/"))


class Terminal:
    """A terminal that kongtask is shown on, from the side of whoever sits in front of it."""

    def __init__(self, ours: int, process: subprocess.Popen[bytes]) -> None:
        self._ours, self.process = ours, process
        self.received = ""

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until something has come since the last wait, and forget what came before it."""
        deadline = monotonic() + IN_VAIN
        while not (found := re.search(pattern, self.received)):
            assert select([self._ours], [], [], deadline - monotonic())[0], self.received
            self.received += os.read(self._ours, 65536).decode()
        self.received = self.received[found.end() :]
        return found

    def press(self, key: str) -> None:
        os.write(self._ours, key.encode())

    def resize(self, lines: int, columns: int) -> None:
        resize(self._ours, lines, columns)
        self.process.send_signal(signal.SIGWINCH)


def resize(terminal: int, lines: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


@contextmanager
def on_terminal(
    conninfo: str, *arguments: str, environ: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Run ``kongtask top`` on a terminal of 24 lines and 80 columns."""
    ours, theirs = pty.openpty()
    resize(ours, 24, 80)
    before = termios.tcgetattr(theirs)
    process = subprocess.Popen(
        [PROGRAM, "top", "-conn", conninfo, *arguments],
        env={**ENVIRON, "TERM": "xterm", **(environ or {})},
        stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL,
        # A shell does so too; Ctrl-Z is without effect in a group that has no parent beside it,
        # which the group of these tests can be: setsid makes such ones.
        process_group=0,
    )  # fmt: skip
    try:
        yield Terminal(ours, process)
        assert process.wait(IN_VAIN) == 0
        assert termios.tcgetattr(theirs) == before, "the terminal is as it was"
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(theirs)
        os.close(ours)


@pytest.fixture
def busy(extended: Queue) -> Queue:
    """A queue of which there is something to show."""
    now = datetime.now(UTC)
    for name in ("mail", "bills"):
        extended.add("send", queue_name=name, run_at=now - timedelta(minutes=90))
    extended.add("send", run_at=now + timedelta(days=1))
    failed = [extended.add("sum") for _ in range(3)]
    permanently_fail_jobs(extended.connection, failed, "division\nby \x1b[31mzero")
    register(extended.connection, "pool-a", tasks=["send", "sum"])
    register(extended.connection, "pool-b", seen="1 hour")
    return extended


def test_one_look(busy: Queue) -> None:
    done = top(busy, "--once", "--interval", "0.1")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert re.fullmatch(
        r'database "\w+" as .*, schema graphile_worker  \d\d:\d\d:\d\d UTC', lines[0]
    )
    assert lines[1] == "jobs     2 waiting, 1 scheduled, 0 retrying, 0 locked, 3 failed"
    oldest = busy.jobs()[0]
    assert lines[2] == f"due      2, the oldest for 1 h 30 min: job {oldest}, send, queue mail"
    assert re.fullmatch(r"a second [\d,]+\.\d added, [\d,]+\.\d finished", lines[3])
    rows = [re.split("  +", line) for line in lines[4:] if line]
    assert [row[0] for row in rows] == [
        "POOL", "pool-a", "pool-b", "QUEUE", "bills", "mail", "FAILING TASK", "sum"
    ]  # fmt: skip
    assert (rows[1][1], rows[1][-1], rows[2][1]) == ("alive", "send, sum", "dead")
    assert rows[4] == ["bills", "1", "0", "0", "0", "0"]
    assert rows[7][1:6] == ["0", "0", "0", "0", "3"]
    assert lines[-1].endswith("3       division by  [31mzero")
    assert "\x1b" not in done.stdout


def test_one_look_as_json(busy: Queue) -> None:
    document = json.loads(top(busy, "--json", "--interval", "0.1").stdout)
    assert document["jobs"] == {
        "waiting": 2, "scheduled": 1, "retrying": 0, "locked": 0, "failed": 3,
    }  # fmt: skip
    assert (document["is_estimate"], document["due"], document["has_more_due"]) == (False, 2, False)
    assert [pool["state"] for pool in document["pools"]] == ["alive", "dead"]
    assert document["rates"].keys() == {"added", "finished"}
    assert 5400 <= document["oldest_age"] < 5500


def test_a_queue_without_anything(queue: Queue) -> None:
    done = top(queue, "--once", "--interval", "0.1")
    assert done.returncode == 0
    for text in ("no pool can register: the schema", "no queue has jobs", "no task fails"):
        assert text in done.stdout


def test_rates_of_a_worker_at_work(extended: Queue) -> None:
    """The sessions that add and those that end jobs tell what they have done each in its time."""
    target = Target(conninfo=extended.conninfo, source="test")
    with lively(extended.conninfo) as worker, connect(target) as connection:
        worker.until("listening")
        watch = Watch("graphile_worker", timeout=10)
        watch.count(connection)
        extended.fill("note", 50)
        deadline = monotonic() + IN_VAIN
        were_added = have_ended = False
        while not (were_added and have_ended):
            assert monotonic() < deadline, "no session has told what it has done"
            rates = watch.look(connection).rates
            were_added, have_ended = (
                were_added or bool(rates.added),
                have_ended or bool(rates.finished),
            )


def overview(queue: Queue) -> Overview:
    return Overview(
        statistics=read_statistics(queue.connection), pools=find_pools(queue.connection),
        problem=None, rates=Rates(added=None, finished=1234.5),
    )  # fmt: skip


def test_a_frame_has_the_size_that_there_is(busy: Queue) -> None:
    for number in range(40):
        busy.add("send", queue_name=f"queue-{number}")
        register(busy.connection, f"pool-{number:02}")
    for height in (30, 20, 13, 5):
        lines = frame(overview(busy), "here", width=60, height=height)
        assert len(lines) == height
        assert max(len(line.text) for line in lines) <= 60
    texts = [line.text for line in frame(overview(busy), "here", height=30)]
    heads = [n for n, text in enumerate(texts) if text.startswith(("POOL", "QUEUE", "FAILING"))]
    assert texts[3] == "a second ? added, 1,234.5 finished"
    pools, queues = heads[1] - heads[0], heads[2] - heads[1]
    assert abs(pools - queues) <= 1, "the room is shared"
    assert texts[heads[1] - 2] == f"and {42 - (pools - 3)} more"
    assert texts[heads[2] + 1].startswith("sum ")


def test_a_paused_queue_is_called_so(busy: Queue) -> None:
    pause(busy.connection, "queue", "mail")
    texts = [line.text for line in frame(overview(busy), "here")]
    (row,) = [text for text in texts if text.startswith("mail ")]
    assert row.endswith("  paused")


def test_the_state_of_a_pool_and_failures_are_marked(busy: Queue) -> None:
    styles = {line.text.split("  ")[0]: line.style for line in frame(overview(busy), "here")}
    assert (styles["pool-a"], styles["pool-b"], styles["sum"]) == ("plain", "error", "error")


def test_keys_and_sizes_of_a_terminal(busy: Queue) -> None:
    with on_terminal(busy.conninfo, "--interval", "0.2") as terminal:
        terminal.wait_for(r"\x1b\[\?1049h")
        terminal.wait_for(r"\x1b\[31mpool-b  dead")
        terminal.press("p")
        terminal.wait_for("paused")
        busy.add("other", queue_name="new")
        terminal.resize(40, 200)
        frame_ = terminal.wait_for(r"\x1b\[H(?s:.*)paused").group()
        assert frame_.count("\r\n") == 39
        assert "2 waiting" in frame_, "it has not looked again"
        terminal.press("p")
        terminal.wait_for("3 waiting")
        terminal.press("x")
        terminal.press("q")
        terminal.wait_for(r"\x1b\[\?25h\x1b\[\?1049l")


def test_no_colours_where_none_are_wanted(busy: Queue) -> None:
    with on_terminal(busy.conninfo, environ={"NO_COLOR": "1"}) as terminal:
        shown = terminal.wait_for(r"\x1b\[H(?s:.*)q quit").group()
        assert re.search(r"\x1b\[[0-9;]*m", shown) is None
        assert "pool-b  dead" in shown
        terminal.press("q")


def test_ctrl_c_ends_it_well(busy: Queue) -> None:
    with on_terminal(busy.conninfo) as terminal:
        terminal.wait_for("q quit")
        terminal.process.send_signal(signal.SIGINT)
        terminal.wait_for(r"\x1b\[\?1049l")


def test_ctrl_z_gives_the_terminal_back(busy: Queue) -> None:
    with on_terminal(busy.conninfo) as terminal:
        terminal.wait_for("q quit")
        terminal.process.send_signal(signal.SIGTSTP)
        terminal.wait_for(r"\x1b\[\?1049l")
        # A SIGCONT that comes before the process has stopped would be without effect.
        deadline = monotonic() + IN_VAIN
        while os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOHANG) is None:
            assert monotonic() < deadline, "it has not stopped"
            sleep(0.01)
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_for(r"\x1b\[\?1049h(?s:.*)q quit")
        terminal.press("q")


def test_a_lost_connection_is_told_and_opened_again(busy: Queue) -> None:
    with on_terminal(busy.conninfo, "--interval", "0.2") as terminal:
        terminal.wait_for("q quit")
        busy.connection.execute(
            b"select pg_terminate_backend(pid) from pg_stat_activity "
            b"where datname = current_database() and pid <> pg_backend_pid()"
        )
        terminal.wait_for("connection was lost")
        terminal.wait_for(r"\x1b\[1mq quit, p pause\x1b\[0m")
        terminal.press("q")


def test_without_a_terminal_it_says_what_to_do(queue: Queue) -> None:
    done = top(queue)
    assert done.returncode == 2
    assert "watching needs a terminal; --once prints one look" in done.stderr
