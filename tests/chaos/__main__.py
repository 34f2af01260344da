"""A campaign: ``python -m tests.chaos``, by way of ``make chaos``.

Plays each kind of fault by each seed, prints what was wrong and how to see it again, and a table in
the end. Exits with 1 where something was wrong, or a fault did not happen.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Collection, Sequence
from itertools import groupby
from pathlib import Path
from time import monotonic

from tests.interop.peer import peer
from tests.npm import RegistryUnreachableError

from .faults import FAULTS, choose_faults
from .report import Row, table, write_into
from .run import play
from .scenario import Outcome, Scenario
from .steps import Point, all_points

#: The kind of fault that is a mixture of the others, a different one for each seed.
_MIXED = "mixed"

#: The revision of the schema and of the Node worker that takes part.
_REVISION = 20


def main() -> int:
    """Play, and return the exit code."""
    given = _arguments()
    node = [] if given.no_node else [peer(_REVISION)]
    rows, killed, seen, is_right = [], set[str](), set[str](), True
    for name in given.faults:
        outcomes = []
        for seed in given.seeds:
            began = monotonic()
            faults = choose_faults(seed) if name == _MIXED else tuple(name.split("+"))
            scenario = Scenario(
                seed=seed, faults=faults, jobs=given.jobs, node=node, is_patient=not given.quick,
                seconds=given.seconds,
            )  # fmt: skip
            outcome = play(scenario)
            outcomes.append(outcome)
            killed |= {place.point for place in outcome.places}
            seen |= outcome.seen
            is_right = is_right and outcome.is_right
            print(
                f"{name}, seed {seed}: {_summary(outcome)}, {monotonic() - began:.0f} s", flush=True
            )
            if not outcome.is_right:
                print(outcome, flush=True)
        rows.append(_row(name, outcomes))
    print(f"\n{table(rows)}")
    if killed:
        _tell_awaits(killed, seen)
    if given.output:
        write_into(given.output, rows)
    return 0 if is_right else 1


def _tell_awaits(killed: Collection[str], seen: Collection[str]) -> None:
    """Say at how many awaits workers were killed, and at which they were not."""
    points = all_points()
    spared = [point for point in points if str(point) in seen and str(point) not in killed]
    others = [point for point in points if str(point) not in seen]
    number = len(points) - len(spared) - len(others)
    print(
        f"\nOf {len(points)} awaits of the worker, workers waited at {len(points) - len(others)}, "
        f"and were killed at {number} of these."
    )
    _tell("They were not killed at", spared)
    _tell("They never waited at", others)


def _tell(title: str, points: Sequence[Point]) -> None:
    if points:
        print(title)
    for function, of_one in groupby(points, key=lambda point: point.function):
        print(f"  {function}: {', '.join(str(point.line) for point in of_one)}")


def _row(name: str, outcomes: Sequence[Outcome]) -> Row:
    return Row(
        faults=name,
        seeds=len(outcomes),
        jobs=sum(_jobs(outcome) for outcome in outcomes),
        kills=sum(_kills(outcome) for outcome in outcomes),
        violations=sum(len(outcome.violations) for outcome in outcomes),
        recoveries=[seconds for outcome in outcomes for seconds in outcome.recoveries],
    )


def _jobs(outcome: Outcome) -> int:
    return sum(event.what == "added" for event in outcome.history.events)


def _kills(outcome: Outcome) -> int:
    return sum(fault.what == "kill" for fault in outcome.history.disturbances)


def _summary(outcome: Outcome) -> str:
    worst = max(outcome.recoveries, default=0.0)
    return (
        f"{_jobs(outcome)} jobs, {_kills(outcome)} kills, {len(outcome.violations)} violations, "
        f"recovered within {worst:.1f} s"
    )


def _seeds(text: str) -> list[int]:
    """Read ``7``, ``1..5`` or ``1,4,7``."""
    first, dots, last = text.partition("..")
    return list(range(int(first), int(last) + 1)) if dots else [int(x) for x in text.split(",")]


def _faults(text: str) -> list[str]:
    """Read ``kill,stop+kill,mixed``: kinds of runs, each with one fault or with several."""
    names, known = text.split(","), [*FAULTS, _MIXED]
    if unknown := {each for name in names for each in name.split("+")} - set(known):
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(known)}")
    return names


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seeds", type=_seeds, default=[1, 2, 3], help="7, 1..5 or 1,4,7")
    parser.add_argument("--jobs", type=int, default=1000, help="that producers add in a run")
    parser.add_argument("--seconds", type=float, default=12.0, help="for which faults strike")
    parser.add_argument(
        "--faults",
        type=_faults,
        default=[*FAULTS, _MIXED],
        help="kill,stop+kill,mixed: by default each of them, and a mixture",
    )
    parser.add_argument("--quick", action="store_true", help="shorter times, as in make test")
    parser.add_argument("--no-node", action="store_true", help="leave Graphile Worker out")
    parser.add_argument("--output", type=Path, help="a page whose table is brought up to date")
    return parser.parse_args()


if __name__ == "__main__":
    # Whoever ends a campaign early leaves no server behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        sys.exit(main())
    except RegistryUnreachableError as error:
        sys.exit(f"the npm registry is unreachable ({error}); --no-node does without")
