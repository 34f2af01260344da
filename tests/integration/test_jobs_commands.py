"""The commands on jobs as programs: what they print, what they change, how they end."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from kongtask.cli.jobs.arguments import read_time
from kongtask.cli.jobs.report import span_text
from kongtask.database.connection import Connection, Target
from kongtask.errors import UsageError
from kongtask.jobs import FoundJob, add_job, find_jobs, permanently_fail_jobs
from tests.integration.test_jobs_administration import lock
from tests.programs import ENVIRON, run


def kongtask(
    target: Target, *arguments: str | int | Path, stdin: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> CompletedProcess[str]:  # fmt: skip
    words = [str(word) for word in arguments]
    return run(
        "kongtask", *words, "-conn", target.conninfo, cwd=Path("/"), stdin=stdin, environ=environ
    )


def document_of(done: CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def one(queue: Connection) -> FoundJob:
    (found,) = find_jobs(queue)
    return found


def test_a_job_with_every_option(queue_database: Target, queue: Connection) -> None:
    done = kongtask(
        queue_database, "add-job", "send", '{"price": 1.10, "to": "ü"}', "--queue", "mail",
        "--run-at", "2030-01-02T03:04:05+02:00", "--max-attempts", 3, "--job-key", "k",
        "--job-key-mode", "preserve_run_at", "--priority", "-5", "--flag", "a", "-flag", "b",
    )  # fmt: skip
    job = one(queue).job
    assert (done.returncode, done.stdout) == (0, f"added job {job.id} for send\n")
    assert done.stderr.startswith('using database "')
    assert (job.task_identifier, job.queue_name, job.key) == ("send", "mail", "k")
    assert job.run_at == datetime(2030, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert (job.max_attempts, job.priority, job.flags) == (3, -5, frozenset("ab"))
    text = queue.execute("select payload::text from graphile_worker._private_jobs").fetchone()
    assert text == ('{"price": 1.10, "to": "ü"}',), "word for word"


def test_a_payload_from_stdin_and_from_a_file(
    queue_database: Target, queue: Connection, tmp_path: Path
) -> None:
    (tmp_path / "payload.json").write_text("[2]\n")
    assert kongtask(queue_database, "add-job", "a", "-", stdin="[1]").returncode == 0
    assert kongtask(queue_database, "add-job", "a", f"@{tmp_path}/payload.json").returncode == 0
    assert kongtask(queue_database, "add-job", "a").returncode == 0
    assert [found.job.payload for found in find_jobs(queue)] == [[1], [2], {}]


def test_a_key_that_is_there_is_told(queue_database: Target, queue: Connection) -> None:
    add_job(queue, "send", job_key="k")
    done = kongtask(queue_database, "add-job", "send", "--job-key", "k")
    id_ = one(queue).job.id
    assert done.stdout == f"job {id_} for send has the key k already: changed it\n"


def test_the_added_job_as_json(queue_database: Target) -> None:
    done = kongtask(queue_database, "add-job", "send", '{"n": 1}', "--json")
    assert document_of(done) | {"id": 0, "run_at": "", "created_at": "", "updated_at": ""} == {
        "id": 0, "task_identifier": "send", "payload": {"n": 1}, "queue_name": None,
        "job_key": None, "priority": 0, "run_at": "", "attempts": 0, "max_attempts": 25,
        "last_error": None, "flags": [], "locked_at": None, "locked_by": None, "revision": 0,
        "created_at": "", "updated_at": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a", "{'n': 1}"], "the payload is not JSON"),
        (["a", "@/nowhere"], "cannot read the payload from /nowhere"),
        (["a", "--run-at", "tomorrow"], '--run-at "tomorrow" is no time'),
        (["a", "--run-at", "2030-01-01T00:00:00"], "has no time zone"),
        (["a", "--priority", "99999"], "priority is 99999"),
        (["x" * 129], "identifier has 129 characters"),
        (["a", "--job-key", ""], "job_key is empty"),
        (["a", "--job-key-mode", "merge"], "'merge' is not one of"),
    ],
)
def test_what_no_job_can_be_is_refused(
    queue_database: Target, queue: Connection, arguments: list[str], message: str
) -> None:
    done = kongtask(queue_database, "add-job", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert find_jobs(queue) == []


def test_spans_from_now_on() -> None:
    for text, span in (
        ("now", timedelta()), ("+90s", timedelta(seconds=90)), ("+5m", timedelta(minutes=5)),
        ("+1d12h", timedelta(hours=36)), ("+2w", timedelta(days=14)),
    ):  # fmt: skip
        time = read_time(text)
        assert time is not None
        assert abs(time - datetime.now(UTC) - span) < timedelta(seconds=20)
    assert read_time(None) is None
    for text in ("5m", "+5", "+m", "+99999999999w", "-5m", ""):
        with pytest.raises(UsageError, match="is no time"):
            read_time(text)


@pytest.fixture
def five(queue: Connection) -> list[int]:
    """A job in each state, with a secret in its payload."""
    states = ("waiting", "scheduled", "retrying", "locked", "failed")
    ids = [
        add_job(queue, f"task-{state}", {"secret": "hush"}, queue_name=state[0]).id
        for state in states
    ]
    in_2030 = datetime(2030, 1, 1, tzinfo=UTC)
    queue.execute(
        "select from graphile_worker.reschedule_jobs(%s, run_at => %s)", [[ids[1]], in_2030]
    )
    queue.execute(
        "select from graphile_worker.reschedule_jobs(%s, run_at => %s, attempts => 2)",
        [[ids[2]], in_2030],
    )
    lock(queue, ids[3])
    permanently_fail_jobs(queue, [ids[4]], "no such\naddress \x1b[31m")
    return ids


def test_the_list_is_a_table_without_payloads(queue_database: Target, five: list[int]) -> None:
    done = kongtask(queue_database, "jobs", "list")
    head, *rows = done.stdout.splitlines()
    assert done.returncode == 0
    assert head.split() == ["id", "state", "task", "run", "at", "attempts", "queue", "key", "note"]
    assert [row.split()[:3] for row in rows] == [
        [str(id_), state, f"task-{state}"]
        for id_, state in zip(
            five, ("waiting", "scheduled", "retrying", "locked", "failed"), strict=True
        )
    ]
    assert "2030-01-01 00:00:00+00:00  2/25" in rows[2]
    assert rows[3].endswith("locked by pool-1")
    assert rows[4].endswith("no such address  [31m"), "on one line, and harmless"
    assert "hush" not in done.stdout + done.stderr
    assert "hush" in kongtask(queue_database, "jobs", "list", "--payload").stdout


def test_the_list_can_be_narrowed_and_paged(queue_database: Target, five: list[int]) -> None:
    def ids(*arguments: str | int) -> list[int]:
        document = document_of(kongtask(queue_database, "jobs", "list", "--json", *arguments))
        return [job["id"] for job in document["jobs"]]

    assert ids("--state", "failed", "--state", "locked") == five[3:]
    assert ids("--task", "task-locked", "--queue", "l") == [five[3]]
    assert ids("--job-key", "none") == []
    page = kongtask(queue_database, "jobs", "list", "--limit", 2, "--json")
    assert document_of(page)["after"] == five[1]
    assert ids("--limit", 2, "--after", five[1]) == five[2:4]
    last = kongtask(queue_database, "jobs", "list", "--after", five[3], "--json")
    assert document_of(last)["after"] is None
    assert document_of(last)["jobs"][0]["state"] == "failed"
    assert document_of(last)["jobs"][0]["payload"] == {"secret": "hush"}
    more = kongtask(queue_database, "jobs", "list", "--limit", 2)
    assert more.stderr.endswith(f"there are more: --after {five[1]}, or a greater --limit\n")


def test_at_a_terminal_no_line_is_wider_than_it(queue_database: Target, five: list[int]) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
    with subprocess.Popen(
        ["kongtask", "jobs", "list", "-conn", queue_database.conninfo],
        stdout=theirs, stderr=subprocess.DEVNULL, env=ENVIRON,
    ):  # fmt: skip
        os.close(theirs)
        shown = b""
        try:
            while data := os.read(ours, 65536):
                shown += data
        except OSError:  # how Linux says that nobody is at the other end any more
            pass
        os.close(ours)
    lines = shown.decode().splitlines()
    assert len(lines) == 6
    assert max(len(line) for line in lines) == 50
    assert lines[1].endswith("…")


def test_a_job_is_shown_with_all_that_it_has(queue_database: Target, five: list[int]) -> None:
    done = kongtask(queue_database, "jobs", "show", five[4])
    lines = done.stdout.splitlines()
    assert lines[:3] == [f"job:        {five[4]}", "state:      failed", "task:       task-failed"]
    assert "last error: no such" in lines
    assert "            address \N{REPLACEMENT CHARACTER}[31m" in lines
    assert '              "secret": "hush"' in lines
    documents = document_of(kongtask(queue_database, "jobs", "show", *five[:2], "--json"))["jobs"]
    assert [(job["id"], job["state"]) for job in documents] == [
        (five[0], "waiting"), (five[1], "scheduled"),
    ]  # fmt: skip
    missing = kongtask(queue_database, "jobs", "show", five[0], 999)
    assert missing.returncode == 2
    assert "there is no job 999" in missing.stderr


def test_a_job_s_next_attempt_is_shown_with_its_reason(
    queue_database: Target, queue: Connection, five: list[int]
) -> None:
    soon = "update graphile_worker._private_jobs set run_at = now() + %s where id = any(%s)"
    queue.execute(soon, [timedelta(hours=2, seconds=50), five[1:2]])
    queue.execute(soon, [timedelta(days=3, seconds=50), five[2:3]])
    done = kongtask(queue_database, "jobs", "show", *five)
    lines = [line[12:] for line in done.stdout.splitlines() if line.startswith("next:")]
    waiting, scheduled, retrying, locked, failed = lines
    assert waiting == "attempt 1 of 25 now: it is due, and waits for a worker or its queue"
    assert scheduled == "attempt 1 of 25 in 2 h: it was added, rescheduled or snoozed for then"
    assert retrying == "attempt 3 of 25 in 3 d: attempt 2 has failed"
    assert locked == "attempt 1 of 25 is under way"
    assert failed == "none: 25 of 25 attempts are used up; kongtask jobs retry runs it"


def test_spans_are_told_in_their_two_largest_units() -> None:
    for seconds, text in (
        (0.2, "1 s"), (59.4, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3600, "1 h"),
        (3660, "1 h 1 min"), (86_399, "23 h 59 min"), (90_061, "1 d 1 h"), (864_000, "10 d"),
    ):  # fmt: skip
        assert span_text(timedelta(seconds=seconds)) == text


def test_failed_jobs_are_retried(
    queue_database: Target, queue: Connection, five: list[int]
) -> None:
    """And one that is being executed is left alone, with exit code 1."""
    done = kongtask(queue_database, "jobs", "retry", five[1], five[4])
    assert (done.returncode, done.stdout) == (0, f"retrying 2 jobs: {five[1]}, {five[4]}\n")
    assert {found.state for found in find_jobs(queue, ids=[five[1], five[4]])} == {"waiting"}
    mixed = kongtask(queue_database, "jobs", "retry", five[0], five[3], 999)
    assert (mixed.returncode, mixed.stdout) == (1, f"retrying 1 job: {five[0]}\n")
    assert f"left job {five[3]} alone: pool-1 is executing it" in mixed.stderr
    assert "left job 999 alone: there is none of this id" in mixed.stderr


def test_jobs_are_failed_completed_and_rescheduled(
    queue_database: Target, queue: Connection, five: list[int]
) -> None:
    failed = kongtask(queue_database, "jobs", "fail", five[0], "--reason", "obsolete", "--json")
    (job,) = document_of(failed)["jobs"]
    assert (job["last_error"], job["attempts"]) == ("obsolete", 25)
    assert document_of(failed)["left_alone"] == []

    moved = kongtask(
        queue_database, "jobs", "reschedule", five[0], "--run-at", "2031-01-01T00:00:00Z",
        "--priority", 0, "--attempts", 0, "--max-attempts", 7,
    )  # fmt: skip
    assert moved.stdout == f"rescheduled 1 job: {five[0]}\n"
    (found,) = find_jobs(queue, ids=[five[0]])
    assert (found.state, found.job.max_attempts, found.job.run_at.year) == ("scheduled", 7, 2031)
    nothing = kongtask(queue_database, "jobs", "reschedule", five[0])
    assert nothing.returncode == 2
    assert "say what to change" in nothing.stderr

    done = kongtask(queue_database, "jobs", "complete", *five, "--json")
    assert done.returncode == 1
    assert document_of(done)["left_alone"] == [{"id": five[3], "reason": "pool-1 is executing it"}]
    assert [found.job.id for found in find_jobs(queue)] == [five[3]]


def test_jobs_are_removed_by_their_keys(queue_database: Target, queue: Connection) -> None:
    jobs = [add_job(queue, "a", job_key=key) for key in ("k1", "k2", "k3")]
    lock(queue, jobs[1].id)
    done = kongtask(queue_database, "jobs", "remove", "k1", "k2")
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            f"removed job {jobs[0].id} with the key k1",
            f"job {jobs[1].id} is being executed by pool-1: it has lost the key k2",
        ],
    )
    again = kongtask(queue_database, "jobs", "remove", "k1", "k3", "--json")
    assert again.returncode == 1
    assert [job["job_key"] for job in document_of(again)["jobs"]] == ["k3"]
    assert "no job has the key k1" in again.stderr


def test_queues(queue_database: Target, queue: Connection, five: list[int]) -> None:
    add_job(queue, "a")
    done = kongtask(queue_database, "queues")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["queue", "waiting", "scheduled", "retrying", "locked", "failed", "locked", "by"],
        ["f", "0", "0", "0", "0", "1"],
        ["l", "0", "0", "0", "1", "0", "pool-1"],
        ["r", "0", "0", "1", "0", "0"],
        ["s", "0", "1", "0", "0", "0"],
        ["w", "1", "0", "0", "0", "0"],
        ["(no", "queue)", "1", "0", "0", "0", "0"],
    ]
    document = document_of(kongtask(queue_database, "queues", "--json"))["queues"]
    assert (document[1]["queue_name"], document[1]["locked_by"]) == ("l", "pool-1")
    assert datetime.fromisoformat(document[1]["locked_at"]).tzinfo is not None
    assert document[-1]["queue_name"] is None


def test_unlock(queue_database: Target, queue: Connection, five: list[int]) -> None:
    done = kongtask(queue_database, "unlock", "pool-1", "pool-2")
    assert (done.returncode, done.stdout) == (0, "unlocked jobs: 1, queues: 1\n")
    assert find_jobs(queue, states=["locked"]) == []
    again = kongtask(queue_database, "unlock", "pool-1", "--json")
    assert document_of(again) == {"jobs": 0, "queues": 0}


def test_cleanup(queue_database: Target, queue: Connection, five: list[int]) -> None:
    assert kongtask(queue_database, "cleanup").stdout == "deleted queues: 0\n"
    done = kongtask(queue_database, "cleanup", "GC_JOB_QUEUES,DELETE_PERMAFAILED_JOBS")
    assert done.stdout == "deleted jobs: 1\ndeleted queues: 1\n"
    kept = kongtask(queue_database, "cleanup", "GC_TASK_IDENTIFIERS", "--keep", "task-failed")
    assert kept.stdout == "deleted task identifiers: 0\n"
    both = kongtask(queue_database, "cleanup", "--keep", "other", "--json")
    assert document_of(both) == {"jobs": None, "task_identifiers": 1, "queues": 0}
    wrong = kongtask(queue_database, "cleanup", "GC_JOB_QUEUES", "gc_all")
    assert wrong.returncode == 2
    assert 'there is no clean-up task "gc_all"; there are DELETE_PERMAFAILED' in wrong.stderr


@pytest.mark.parametrize(
    "command",
    [["add-job", "a"], ["jobs", "list"], ["queues"], ["cleanup"], ["unlock", "x"],
     ["jobs", "retry", "1"], ["jobs", "remove", "k"]],
    ids=" ".join,
)  # fmt: skip
def test_without_the_worker_schema_each_says_how_to_install_it(
    database: Target, command: list[str]
) -> None:
    done = kongtask(database, *command)
    assert done.returncode == 2
    assert "`kongtask migrate` installs it" in done.stderr


def test_another_schema(queue_database: Target, queue: Connection) -> None:
    done = kongtask(queue_database, "add-job", "a", "-schema", "elsewhere")
    assert done.returncode == 2
    assert '"elsewhere"' in done.stderr
    done = kongtask(queue_database, "jobs", "list", environ={"GRAPHILE_WORKER_SCHEMA": "elsewhere"})
    assert '"elsewhere"' in done.stderr


def test_a_role_that_may_not_is_told_so(queue_database: Target, queue: Connection) -> None:
    queue.execute("create role helper login")
    try:
        conninfo = f"{queue_database.conninfo} user=helper"
        done = run("kongtask", "jobs", "list", "-conn", conninfo, cwd=Path("/"))
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith("error: listing jobs: permission denied")
    finally:
        queue.execute("drop role helper")
