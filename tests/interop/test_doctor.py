"""The doctor beside workers of Node, which do not register."""

from __future__ import annotations

import asyncio

from kongtask.database.connection import Target
from kongtask.migrate import install_extension
from kongtask.monitoring.doctor import examine
from kongtask.names import WORKER_SCHEMA
from kongtask.rules import Level

from .peer import Peer
from .test_both_at_work import LOCKS, begun, held, let_go, rows, shared
from .test_side_by_side import until

__all__ = ["shared"]


def test_jobs_that_node_runs_are_no_reason_to_worry(node: Peer, shared: Target) -> None:
    install_extension(shared, WORKER_SCHEMA)
    with held(shared) as connection, node.running(shared, ["node"], pollInterval=100):
        connection.execute(b"select graphile_worker.add_job('node', '1', queue_name => 'q')")
        asyncio.run(until(lambda: begun(connection, "node") == 1))
        ((_, theirs),) = rows(connection, LOCKS)
        found = {diagnosis.rule: diagnosis for diagnosis in examine(connection)}
        assert found.keys() - {"worker-schema-behind"} == {"unknown-owner"}
        assert {diagnosis.level for diagnosis in found.values()} == {Level.NOTE}
        message = found["unknown-owner"].message
        assert message.startswith(f"{theirs} has locked 1 job since ")
        assert "of Node's Graphile Worker" in message
        let_go(connection)
        asyncio.run(until(lambda: rows(connection, LOCKS) == []))
