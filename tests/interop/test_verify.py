"""``kongtask schema verify`` on databases that Node has installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.scratch import scratch_database
from kongtask.migrate.known_functions import RELEASES, body_sum, known_sums
from tests.programs import run
from tests.rust_port import make_revision_20

from .known_functions import published_sums
from .own import install
from .peer import Peer

BODY = """
select oid::regprocedure::text, pg_get_functiondef(oid), prosrc
from pg_proc where proname = 'complete_jobs'
"""


def verify(target: Target, folder: Path, *options: str, code: int) -> list[str]:
    done = run("kongtask", "schema", "verify", "-conn", target.conninfo, *options, cwd=folder)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stdout.splitlines()


def change_a_body(connection: Connection) -> None:
    """Add a line to a function of Node's, without looking at it."""
    found = connection.execute(BODY).fetchone()
    assert found is not None
    _, definition, body = found
    changed = definition.replace(body, f"{body}\n-- changed\n")
    connection.execute(changed.encode())


def test_the_known_sums_are_those_of_the_published_packages(
    peers: dict[int, Peer], revision: int, server: Target
) -> None:
    assert known_sums(revision) == published_sums(server, revision)


def test_a_sum_does_not_depend_on_the_schema_s_name(peers: dict[int, Peer], server: Target) -> None:
    name = 'We"ird'
    with scratch_database(server) as target:
        peers[20].migrate(target, name)
        with connect(target) as connection:
            rows = connection.execute(
                "select p.proname, p.prosrc from pg_proc p "
                "join pg_namespace n on n.oid = p.pronamespace where n.nspname = %s",
                [name],
            ).fetchall()
    assert {function: body_sum(body, name) for function, body in rows} == known_sums(20)


@pytest.mark.parametrize("options", [(), ("--offline",)], ids=["", "offline"])
def test_what_node_installed_is_no_drift(
    node: Peer, revision: int, options: tuple[str, ...], database: Target, tmp_path: Path
) -> None:
    """Its revision, what is pending, whose function bodies, and nothing else."""
    node.migrate(database)
    pending = [f"{number:06}.sql" for number in (19, 20) if number > revision]
    several = "s" if len(pending) > 1 else ""
    waiting = (
        f"; {len(pending)} pending migration{several}: {', '.join(pending)}" if pending else ""
    )
    lines = verify(database, tmp_path, *options, code=0)
    assert lines[0].startswith("ok  graphile_worker: ")
    assert lines[1].startswith("ok  graphile_worker: database ")
    assert lines[1].endswith(f": revision {revision}{waiting}")
    assert lines[2:] == [
        f"  note: 7 function bodies are Graphile Worker {RELEASES[revision]}'s",
    ]


@pytest.mark.parametrize("by", ["node", "kongtask"])
def test_the_rust_ports_revision_20_is_no_drift(
    by: str, peers: dict[int, Peer], database: Target, tmp_path: Path
) -> None:
    """On top of revision 19, whoever has made that; anything else is drift as ever."""
    if by == "node":
        peers[19].migrate(database)
    else:
        install(database, 19)
    with connect(database) as connection:
        make_revision_20(connection)
    lines = verify(database, tmp_path, code=0)
    assert lines[1].endswith(": revision 20")
    assert lines[2:] == [
        "  note: revision 20 is the Rust port's: its registry of workers is not compared",
        *(["  note: 7 function bodies are Graphile Worker 0.17's"] if by == "node" else []),
    ]
    with connect(database) as connection:
        connection.execute("create table graphile_worker.other ()")
    lines = verify(database, tmp_path, code=1)
    assert "  unexpected table graphile_worker.other" in lines


@pytest.mark.parametrize("options", [(), ("--offline",)], ids=["", "offline"])
def test_a_body_with_one_more_line_is_drift_and_so_is_another_default(
    peers: dict[int, Peer], options: tuple[str, ...], database: Target, tmp_path: Path
) -> None:
    peers[19].migrate(database)
    with connect(database) as connection:
        change_a_body(connection)
    lines = verify(database, tmp_path, *options, code=1)
    drifts = [line for line in lines if line.startswith(("  changed", "  missing", "  unexpected"))]
    assert drifts == [
        "  changed function graphile_worker.complete_jobs(bigint[]), last written by 000018.sql"
    ]
    with connect(database) as connection:
        connection.execute("alter table graphile_worker._private_jobs alter priority set default 5")
    lines = verify(database, tmp_path, *options, code=1)
    at = lines.index(
        "  changed column graphile_worker._private_jobs.priority, last written by 000018.sql"
    )
    assert lines[at + 1] == "    default: expected 0, found 5"
    repair = [x.removeprefix("    ") for x in lines[lines.index("  to bring it back:") + 1 :]]
    wanted = "ALTER TABLE ONLY graphile_worker._private_jobs ALTER COLUMN priority SET DEFAULT 0;"
    assert wanted in repair
    with connect(database) as connection:
        connection.execute("\n".join(repair).encode())
    verify(database, tmp_path, *options, code=0)
