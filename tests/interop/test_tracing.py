"""Jobs that carry a trace's context, executed by the published Graphile Workers."""

from __future__ import annotations

from opentelemetry.sdk.trace import TracerProvider

import kongtask
from kongtask.database.connection import Target, connect
from kongtask.jobs import JobSpec
from kongtask.telemetry.otel import instrument

from .peer import Peer


def test_node_executes_traced_jobs_as_any_other(node: Peer, database: Target) -> None:
    node.migrate(database)
    stop = instrument(tracer_provider=TracerProvider())
    try:
        with connect(database) as connection:
            kongtask.add_job(connection, "one", {"n": 1}, flags=["mine"])
            specs = [JobSpec(identifier="many", payload={"n": n}) for n in (2, 3)]
            kongtask.add_jobs(connection, specs)
            rows = connection.execute(
                "select flags from graphile_worker._private_jobs order by id"
            ).fetchall()
    finally:
        stop()
    for (flags,) in rows:
        assert len([flag for flag in flags if flag.startswith("traceparent:00-")]) == 1
    executed = node.run_once(database, one=None, many="no")
    assert [(each["identifier"], each["payload"]) for each in executed] == [
        ("one", {"n": 1}),
        ("many", {"n": 2}),
        ("many", {"n": 3}),
    ]
    with connect(database) as connection:
        left = connection.execute(
            "select last_error, attempts, flags from graphile_worker._private_jobs order by id"
        ).fetchall()
    assert left == [("no", 1, flags) for (flags,) in rows[1:]]
