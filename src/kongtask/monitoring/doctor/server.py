"""Is the server in order: sequences, connections, clocks, poolers, transactions?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kongtask.database.connection import connect_beside
from kongtask.monitoring.doctor.diagnosis import Diagnosis
from kongtask.monitoring.doctor.look import Look, first_of
from kongtask.names import quote_identifier
from kongtask.rules import Level

_ALMOST_USED_UP = 0.9


def examine_sequences(look: Look) -> Iterator[Diagnosis]:
    """Look how many numbers are left."""
    hidden = []
    for name, used, left, is_hidden, least in look.rows("sequences", look.schema, look.extension):
        if is_hidden:
            hidden.append(name)
        if used is None or used < look.thresholds.sequence:
            continue
        yield Diagnosis.of(
            "sequence-near-end",
            f"the sequence {name} has handed out {used:.0%} of its numbers; {left:,} are left, and "
            "then nothing can be added",
            f"let it go on with numbers below zero, which nobody has: alter sequence {name} "
            f"minvalue {least} restart with {least}",
            subject=f"sequence {name}",
            level=Level.ERROR if used >= _ALMOST_USED_UP else None,
        )
    if hidden:
        yield Diagnosis.of(
            "not-examined",
            f"how many numbers are left in {', '.join(hidden)} could not be told: the role may not "
            "read sequences",
            "as the owner: grant select on all sequences in schema "
            f"{quote_identifier(look.schema)} to {quote_identifier(look.role)}",
        )


def examine_connections(look: Look) -> Iterator[Diagnosis]:
    """Look how many connections are left."""
    (server, server_limit, database, database_limit, role, role_limit, name) = first_of(
        look.rows("connections", look.role)
    )
    for used, limit, whose, mend in (
        (server, server_limit, "the server", "raise max_connections, and restart the server"),
        (
            database, database_limit, f'the database "{name}"',
            f"alter database {quote_identifier(name)} connection limit …",
        ),
        (
            role, role_limit, f'the role "{look.role}"',
            f"alter role {quote_identifier(look.role)} connection limit …",
        ),
    ):  # fmt: skip
        if limit >= 0 and used >= limit * look.thresholds.connections:
            yield Diagnosis.of(
                "connections-near-limit",
                f"{used} of the {limit} connections of {whose} are in use; a worker that finds "
                "none left runs nothing",
                f"end what is idle, put a pooler between, or {mend}",
                subject=whose,
            )


def examine_clocks(look: Look) -> Iterator[Diagnosis]:
    """Compare this machine's clock with the server's, by the quickest of a few answers."""
    answers = []
    for _ in range(3):
        before = look.clock()
        row = look.connection.execute("select pg_catalog.clock_timestamp()").fetchone()
        after = look.clock()
        assert row is not None
        answers.append((after - before, row[0] - (before + (after - before) / 2)))
    took, skew = min(answers)
    # The server looked at its clock at some time between question and answer.
    certain = abs(skew) - took / 2
    if certain > look.thresholds.clock_skew:
        direction = "behind" if skew > timedelta() else "ahead of"
        yield Diagnosis.of(
            "clock-skew",
            f"this machine's clock is {abs(skew).total_seconds():.1f} s {direction} the server's; "
            "jobs of crontabs that a worker here reads are added as much too late or too early",
            "synchronise the clocks of both machines: timedatectl set-ntp true",
        )


def examine_pooler(look: Look) -> Iterator[Diagnosis]:
    """Find out whether transactions of one connection run in several sessions of the server."""
    session = _session(look)
    if session == look.connection.info.backend_pid:
        return  # the session that answered the connection: nobody is between
    with connect_beside(look.connection) as other, other.transaction():
        # It holds one session: either the first connection's, or the pooler has several to lend.
        row = other.execute("select pg_catalog.pg_backend_pid()").fetchone()
        is_shared = row == (session,) or _session(look) != session
    if is_shared:
        yield Diagnosis.of(
            "transaction-pooling",
            "a pooler lends another session of the server to each transaction, so prepared "
            "statements, notifications and locks of sessions do not work",
            "run workers that go through it with: kongtask run --no-prepared-statements "
            "--no-listen; or let them connect to the server itself",
        )


def examine_transactions(look: Look) -> Iterator[Diagnosis]:
    """Look for transactions that keep dead rows alive."""
    age = f"{look.thresholds.old_transaction.total_seconds()} seconds"
    for who, since, mend in look.rows("old_transactions", age):
        yield Diagnosis.of(
            "old-transaction",
            f"{who} has had a transaction open since {since:%Y-%m-%d %H:%M:%S%z}; rows of jobs "
            "that are done cannot be cleaned up while it lasts, which slows claims down",
            f"end it, or: {mend}",
            subject=who,
        )


def _session(look: Look) -> int:
    row = look.connection.execute("select pg_catalog.pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])
