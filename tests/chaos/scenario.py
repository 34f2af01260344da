"""What a run is like, and what it has come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kongtask.worker.life.options import Mode
from tests.interop.peer import Peer

from .checker import Violation
from .history import History
from .steps import Place
from .tasks import MUTE, OTHERS

#: How many violations are printed.
_MOST_SHOWN = 20


#: The share of jobs whose task has limits, where the seed says so.
_LIMITED = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a run is like.

    Attributes:
        seed: chooses everything that is not said here.
        faults: names of the faults.
        jobs: how many there are.
        long: the share of jobs that take a second or so; the others are quick.
        transactional: the share of jobs whose task runs in a transaction, which Node cannot.
        limited: the share of jobs whose task has limits, of which Node knows nothing; None for some
            where the seed is odd. Without any, no task has limits, and workers claim otherwise.
        others: the share of jobs whose task is one of ``kinds``, of which Node knows nothing.
        seconds: for how long faults strike.
        python, producers: how many of them there are.
        node: the Graphile Workers that take part.
        patience: seconds that the last jobs have, once nothing goes wrong any more.
        is_patient: whether workers have their default times; else shorter ones.
        mode: how workers prove their life; None lets the seed choose.
        source: a folder with another package ``kongtask``.
        options: of the Python workers.
        node_options: of the Node workers.
    """

    seed: int
    faults: tuple[str, ...] = ()
    jobs: int = 300
    long: float = 0.08
    transactional: float = 0.25
    limited: float | None = None
    others: float = 0.3
    seconds: float = 5.0
    python: int = 3
    producers: int = 2
    node: Sequence[Peer] = ()
    patience: float = 150.0
    is_patient: bool = False
    mode: Mode | None = None
    source: Path | None = None
    options: dict[str, Any] = field(default_factory=dict)
    node_options: dict[str, Any] = field(default_factory=dict)

    @property
    def limited_share(self) -> float:
        """The share of jobs whose task has limits."""
        return _LIMITED * (self.seed % 2) if self.limited is None else self.limited

    @property
    def has_middleware(self) -> bool:
        """Whether workers have a middleware, and tasks that need it: where the seed is even."""
        return self.seed % 2 == 0

    @property
    def kinds(self) -> Sequence[str]:
        """The tasks that run otherwise than by themselves on the event loop."""
        return (*OTHERS, *MUTE) if self.has_middleware else OTHERS

    @property
    def refetch_delay(self) -> float | None:
        """Seconds after which workers ask again that have found no jobs; for every third seed."""
        return 0.1 if self.seed % 3 == 0 else None

    def title(self) -> str:
        """Say which one it is."""
        return f"seed {self.seed}, {' + '.join(self.faults) or 'no faults'}"

    def command(self) -> str:
        """Return the command that plays it."""
        options = [f"--seconds {self.seconds:g}"]
        options += [] if self.is_patient else ["--quick"]
        options += [] if self.node else ["--no-node"]
        return (
            f"make chaos SEEDS={self.seed} FAULTS={'+'.join(self.faults)} JOBS={self.jobs} "
            f"ARGS='{' '.join(options)}'"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run has come to.

    Attributes:
        scenario: what it was like.
        history: what happened.
        violations: what was wrong with it.
        missed: the faults that were to happen and did not; where there are some, it proves little.
        recoveries: seconds after which the jobs of each killed worker were free.
        places: the await points at which workers were killed, with their sides.
        seen: all at which these workers had waited.
        logs: the last lines that workers have logged that gave up.
    """

    scenario: Scenario
    history: History
    violations: list[Violation]
    missed: set[str]
    recoveries: list[float]
    places: set[Place]
    seen: set[str]
    logs: Mapping[str, str]

    @property
    def is_right(self) -> bool:
        """Whether all that was to go wrong has gone wrong, and nothing has come of it."""
        return not self.violations and not self.missed

    def __str__(self) -> str:
        """Say what was wrong, and how to see it again."""
        lines = [f"{self.scenario.title()}: {len(self.violations)} violations"]
        lines += [f"  did not happen: {', '.join(sorted(self.missed))}"] if self.missed else []
        lines += [f"  {found.kind}: {found.text}" for found in self.violations[:_MOST_SHOWN]]
        lines += [f"{name} said in the end:\n{text}" for name, text in self.logs.items()]
        return "\n".join([*lines, f"again: {self.scenario.command()}"])
