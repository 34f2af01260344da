"""Graphile Worker's installer and kongtask's on one empty database at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from kongtask.database.connection import Target, connect
from kongtask.migrate import Outcome, migrate, worker_migrations

from .peer import Peer

BREAKING = {1, 3, 11, 13, 14, 16, 19}


def _install_when(condition: str, database: Target, revision: int) -> Outcome:
    """Run kongtask's installer in the moment that a condition comes true: Node is on its way."""
    with connect(database) as connection:
        while connection.execute(f"select {condition}".encode()).fetchone() != (True,):
            pass
    return migrate(database, worker_migrations(), "graphile_worker", to=revision)


@pytest.mark.parametrize(
    "condition",
    [
        "true",
        "to_regnamespace('graphile_worker') is not null",
        "to_regclass('graphile_worker.migrations') is not null",
        "to_regclass('graphile_worker.jobs') is not null",
    ],
)
def test_both_installers_succeed(node: Peer, database: Target, condition: str) -> None:
    """Whoever is faster at each step: nobody fails, and every row is there once."""
    # One Node: two of 0.16.6 alone fail now and then, with 23505 on creating the schema.
    with ThreadPoolExecutor(5) as pool:
        nodes = pool.submit(node.migrate, database)
        ours = [pool.submit(_install_when, condition, database, node.revision) for _ in range(4)]
        revisions = {installer.result().revision for installer in ours}
        nodes.result()
    assert revisions == {node.revision}
    with connect(database) as connection:
        rows = connection.execute(
            "select id, breaking from graphile_worker.migrations order by id"
        ).fetchall()
    assert rows == [(number, number in BREAKING) for number in range(1, node.revision + 1)]
