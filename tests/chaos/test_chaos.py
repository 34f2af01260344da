"""Short runs of the chaos harness, chosen by seeds, and of workers that are known to be wrong.

``make chaos`` plays long ones, and those again that fail here. Two are played at a time, since a
run mostly waits; a worker that is wrong must be found out, or the checker proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.interop.peer import Peer, peer
from tests.npm import RegistryUnreachableError

from .checker import Kind
from .mutants import MUTANTS, Mutant, source_of
from .run import play
from .scenario import Outcome, Scenario

SEEDS = {
    1: ("await", "disk", "kill", "terminate"),
    2: ("half-open", "restart", "stop"),
    3: ("clash", "deaf", "exhaustion", "failover"),
}

#: The seed of the run in which a worker of Node takes part.
WITH_NODE = 1

#: Why a run is without one.
NO_NODE = "the npm registry is unreachable and .cache/node is empty"

#: A mutant shows by one of so many seeds; mostly by the first, but on a busy machine not always.
MOST_SEEDS = 8

#: The revision of the schema of which Graphile Worker's batches break serial queues; the next
#: version has mended it.
WRONG_REVISION = 19

Played = Callable[[int | str], Outcome]


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    """All runs, which are under way; asked for one, it waits for its end."""
    pool = ThreadPoolExecutor(2)
    runs: dict[int | str, Future[Outcome]] = {
        **{seed: pool.submit(play_seed, seed) for seed in SEEDS},
        **{mutant.name: pool.submit(play_mutant, mutant) for mutant in MUTANTS},
    }
    if node(WRONG_REVISION):
        runs[WRONG_REVISION] = pool.submit(play_node)
    yield lambda which: runs[which].result()
    pool.shutdown(cancel_futures=True)


def node(revision: int) -> list[Peer]:
    """Return a Graphile Worker, or none where it cannot be installed."""
    try:
        return [peer(revision)]
    except RegistryUnreachableError:
        return []


def play_seed(seed: int) -> Outcome:
    return play(Scenario(seed=seed, faults=SEEDS[seed], node=node(20) if seed == WITH_NODE else []))


def play_mutant(mutant: Mutant) -> Outcome:
    """Play one seed after the other until the mutant is found out."""
    with source_of(mutant) as source:
        for seed in range(1, MOST_SEEDS + 1):
            outcome = play(
                Scenario(
                    seed=seed, faults=mutant.faults, mode=mutant.mode, source=source, jobs=120,
                    long=mutant.long, transactional=mutant.transactional, limited=mutant.limited,
                    others=0, seconds=4.0 if mutant.faults else 1.5, patience=8.0,
                )
            )  # fmt: skip
            if mutant.found in kinds(outcome):
                break
    return outcome


def kinds(outcome: Outcome) -> set[Kind]:
    return {violation.kind for violation in outcome.violations}


def play_node() -> Outcome:
    batches = {"concurrency": 10, "preset": {"worker": {"localQueue": {"size": 50}}}}
    workers = node(WRONG_REVISION)
    return play(
        Scenario(
            seed=1, python=0, node=workers, node_options=batches, jobs=150, transactional=0,
            limited=0, others=0,
        )
    )  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_whatever_goes_wrong(seed: int, played: Played) -> None:
    outcome = played(seed)
    assert outcome.is_right, str(outcome)
    if seed == WITH_NODE and not node(20):
        pytest.skip(f"right, but played without Graphile Worker: {NO_NODE}")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_mutant_is_found_out(mutant: Mutant, played: Played) -> None:
    outcome = played(mutant.name)
    assert mutant.found in kinds(outcome), str(outcome)


def test_graphile_worker_is_found_out_where_its_batches_break_serial_queues(played: Played) -> None:
    if not node(WRONG_REVISION):
        pytest.skip(NO_NODE)
    outcome = played(WRONG_REVISION)
    assert kinds(outcome) == {Kind.OVERLAP}, str(outcome)
