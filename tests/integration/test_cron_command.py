"""``kongtask cron``: what a crontab says, and what is wrong with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.programs import run

CRONTAB = """\
# Two of these are never due, one is always.
* * * * * ping
0 4 1 1 * report ?id=yearly&fill=1w2d3h4m5s&max=3&queue=q&jobKey=a%20b&priority=-1 {to: 'ü'}
0 0 30 2 * never
"""
WRONG = "* * * * * a\n60 * * * * b ?max=0\n"


def write(folder: Path, text: str, name: str = "crontab") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_list_shows_the_crontab_of_the_working_folder(tmp_path: Path) -> None:
    write(tmp_path, CRONTAB)
    year = datetime.now(UTC).year + 1
    done = run("kongtask", "cron", "list", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    title, ping, yearly, never = done.stdout.splitlines()
    columns = [title.index(word) for word in ("schedule", "pattern", "next", "task", "options")]
    assert [yearly[column] for column in columns] == ["y", "0", str(year)[0], "r", "f"]
    assert ping.split()[:6] == ["ping", "*", "*", "*", "*", "*"]
    assert yearly.split() == [
        "yearly", "0", "4", "1", "1", "*", f"{year}-01-01", "04:00", "report", "fill=1w2d3h4m5s",
        "max=3", "queue=q", "jobKey=a", "b", "jobKeyMode=replace", "priority=-1", '{"to":', '"ü"}',
    ]  # fmt: skip
    assert never.split() == ["never", "0", "0", "30", "2", "*", "never", "never"]


def test_list_shows_several_runs(tmp_path: Path) -> None:
    crontab = write(tmp_path, "0 0 1 1 * a\n0 0 30 2 * b\n", "other")
    year = datetime.now(UTC).year
    done = run("kongtask", "cron", "list", crontab, "-next", "3")
    runs = [line.split()[-2:] for line in done.stdout.splitlines()[2:4]]
    assert runs == [[f"{year + 2}-01-01", "00:00"], [f"{year + 3}-01-01", "00:00"]]


def test_list_as_json(tmp_path: Path) -> None:
    write(tmp_path, CRONTAB)
    year = datetime.now(UTC).year
    done = run("kongtask", "cron", "list", "--json", "--next", "2", cwd=tmp_path)
    assert done.returncode == 0
    _, yearly, never = json.loads(done.stdout)
    assert yearly == {
        "identifier": "yearly",
        "task_identifier": "report",
        "pattern": "0 4 1 1 *",
        "next_runs": [f"{year + 1}-01-01T04:00:00Z", f"{year + 2}-01-01T04:00:00Z"],
        "payload": {"to": "ü"},
        "backfill_seconds": 788645,
        "max_attempts": 3,
        "queue_name": "q",
        "job_key": "a b",
        "job_key_mode": "replace",
        "priority": -1,
    }
    assert never["next_runs"] == []


def test_list_of_a_crontab_that_is_wrong_or_not_there_is_an_error(tmp_path: Path) -> None:
    done = run("kongtask", "cron", "list", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no crontab crontab" in done.stderr
    write(tmp_path, WRONG)
    done = run("kongtask", "cron", "list", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "crontab:2:1" in done.stderr


def test_check_of_a_good_crontab(tmp_path: Path) -> None:
    write(tmp_path, CRONTAB)
    done = run("kongtask", "cron", "check", "crontab", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "crontab: 3 schedules, no fault\n")
    assert done.stderr == "warning: the schedule 'never' never runs: there is no such day\n"
    write(tmp_path, "* * * * * a")
    done = run("kongtask", "cron", "check", "crontab", cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("crontab: 1 schedule, no fault\n", "")


def test_check_tells_every_fault_and_exits_with_1(tmp_path: Path) -> None:
    write(tmp_path, WRONG)
    done = run("kongtask", "cron", "check", "crontab", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        "crontab has 2 faults\n"
        "there is no minute '60': minutes go from 0 to 59\n"
        " --> crontab:2:1\n"
        "2 | 60 * * * * b ?max=0\n"
        "  | ^\n"
        "max cannot be '0': it is a number from 1 to 32767\n"
        " --> crontab:2:19\n"
        "2 | 60 * * * * b ?max=0\n"
        "  |                   ^\n"
    )


def test_check_as_json(tmp_path: Path) -> None:
    write(tmp_path, WRONG)
    done = run("kongtask", "cron", "check", "--json", "crontab", cwd=tmp_path)
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert (found["crontab"], found["schedules"], found["never"]) == ("crontab", 0, [])
    assert [(fault["line"], fault["column"]) for fault in found["faults"]] == [(2, 1), (2, 19)]
    write(tmp_path, CRONTAB)
    found = json.loads(run("kongtask", "cron", "check", "--json", "crontab", cwd=tmp_path).stdout)
    assert found == {"crontab": "crontab", "schedules": 3, "faults": [], "never": ["never"]}


def test_check_of_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    assert run("kongtask", "cron", "check", tmp_path / "none").returncode == 2
    assert run("kongtask", "cron", "check", tmp_path).returncode == 2
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    done = run("kongtask", "cron", "check", tmp_path / "binary")
    assert (done.returncode, done.stdout) == (2, "")
    assert "UTF-8" in done.stderr
