"""The same script does the same on a schema of Graphile Worker's and on one of kongtask's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kongtask.database.connection import Target, connect
from kongtask.database.scratch import scratch_database

from .own import install
from .peer import REVISIONS, Peer
from .replay import player, read_steps

SCRIPTS = sorted(Path(__file__).with_name("scripts").glob("*.sql"))

Pair = tuple[Target, Target]


@pytest.fixture(scope="module")
def pairs(peers: dict[int, Peer], server: Target) -> Iterator[dict[int, Pair]]:
    """Two databases for each revision: installed by Node, installed by kongtask."""
    with ExitStack() as stack:
        made = {}
        for revision in REVISIONS:
            theirs, ours = (stack.enter_context(scratch_database(server)) for _ in range(2))
            peers[revision].migrate(theirs)
            install(ours, revision)
            made[revision] = theirs, ours
        yield made


@pytest.fixture
def pair(pairs: dict[int, Pair], revision: int) -> Pair:
    """The two databases of a revision, emptied."""
    for target in pairs[revision]:
        with connect(target) as connection:
            connection.execute(
                "truncate graphile_worker._private_jobs, graphile_worker._private_job_queues, "
                "graphile_worker._private_tasks, graphile_worker._private_known_crontabs"
            )
    return pairs[revision]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_is_seen_to_do_the_same(script: Path, pair: Pair) -> None:
    """After each step: rows returned, SQLSTATE and constraint, notifications, all tables."""
    steps = read_steps(script)
    assert len(steps) > 5

    with player(pair[0]) as theirs, player(pair[1]) as ours:
        for step in steps:
            assert ours.play(step) == theirs.play(step)
