"""Steps in an order that loads: by section and name, moved only where a dependency forces it.

The order is a depth-first walk. Steps are visited by section and name, and each is preceded by what
it requires and what has not come yet. So one object's dependency moves that one thing, and nothing
else in the file changes its place. A circle is opened where that costs least: a default or a check
is added later, a view, a type or a function gets a stand-in first.
"""

from __future__ import annotations

from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from kongtask.errors import UnsupportedObjectError
from kongtask.schema.model import BaseType, Database, Kind, RangeType, Ref, Routine, View
from kongtask.schema.partitions import Partitioning
from kongtask.schema.plan import build_steps
from kongtask.schema.steps import Phase, Shell, Step

#: What gets a stand-in first where several could.
_STAND_IN_PREFERENCE: dict[type, int] = {BaseType: 0, RangeType: 0, View: 1, Routine: 2}


class Placed(Struct, frozen=True):
    """A step and the section in which it stands: its own, or that of a step which needs it."""

    step: Step
    section: Phase


def order(
    database: Database, partitioning: Partitioning, detached: frozenset[Ref] = frozenset()
) -> list[Placed]:
    """Return the steps that make schemas and the rest, in an order that loads.

    Args:
        database: what to make.
        partitioning: how its partitioned tables are put together.
        detached: defaults and constraints that get statements of their own.

    Raises:
        UnsupportedObjectError: objects need each other in a circle that nothing opens.
    """
    stand_ins: frozenset[tuple[Ref, Ref]] = frozenset()
    while True:
        steps = build_steps(database, partitioning, detached)
        graph = _Graph(steps, stand_ins)
        circles = graph.walk()
        if not circles:
            return graph.done
        for circle in circles:
            parts = graph.removable_parts(circle)
            detached |= parts
            if not parts:
                stand_ins |= {graph.replaceable_edge(circle)}


class _Graph:
    """Steps by number, in the order of the file without dependencies, and one walk over them.

    Args:
        steps: what to put in order.
        stand_ins: pairs of steps of which the first is content with the second's stand-in.
    """

    def __init__(self, steps: list[Step], stand_ins: frozenset[tuple[Ref, Ref]]) -> None:
        self.done: list[Placed] = []
        replaced = {needed for _, needed in stand_ins}
        shells = {step.key: _stand_in(step) for step in steps if step.key in replaced}
        self._steps = sorted(
            [*steps, *(shell for shell in shells.values() if shell is not None)],
            key=attrgetter("phase", "place", "key"),
        )
        self._numbers = {step.key: number for number, step in enumerate(self._steps)}
        self._makers = {
            part: number for number, step in enumerate(self._steps) for part in step.parts
        }
        self._makers.update(self._numbers)
        self._shells = {
            self._numbers[needed]: self._numbers[shell.key]
            for needed, shell in shells.items()
            if shell is not None
        }
        self._stand_ins = {(self._numbers[a], self._numbers[b]) for a, b in stand_ins}
        self._behind = {
            number: self._all_behind(number)
            for _, number in self._stand_ins
            if isinstance(self._steps[number].item, Routine)
        }

    def walk(self) -> list[list[int]]:
        """Fill ``done``; return circles that have no step in common, none where all went well."""
        finished = [False] * len(self._steps)
        circles: list[list[int]] = []
        in_circles: set[int] = set()
        for root, step in enumerate(self._steps):
            if finished[root]:
                continue
            section = step.phase
            if self._is_ready(step, finished):  # as nearly all are
                finished[root] = True
                self.done.append(Placed(step, section))
                continue
            path = {root: self._needs(root)}  # the way from the root, with what is left to visit
            while path:
                number, waiting = next(reversed(path.items()))
                while waiting and finished[waiting[-1]]:
                    waiting.pop()
                if not waiting:
                    finished[number] = True
                    self.done.append(Placed(self._steps[number], section))
                    del path[number]
                    continue
                needed = waiting.pop()
                if needed in path:
                    way = list(path)
                    circle = way[way.index(needed) :]
                    if in_circles.isdisjoint(circle):
                        circles.append(circle)
                        in_circles.update(circle)
                else:
                    path[needed] = self._needs(needed)
        return circles

    def removable_parts(self, circle: list[int]) -> frozenset[Ref]:
        """Return parts that alone hold one step of a circle to the next; may be empty."""
        for number, needed in _edges(circle):
            step = self._steps[number]
            if needed not in self._resolve(number, step.requires):
                parts = frozenset(
                    part
                    for part, requires in step.parts.items()
                    if needed in self._resolve(number, requires)
                )
                if parts:
                    return parts
        return frozenset()

    def replaceable_edge(self, circle: list[int]) -> tuple[Ref, Ref]:
        """Return a step of a circle and the next one, which can have a stand-in.

        Raises:
            UnsupportedObjectError: none of them can.
        """
        edges = [
            (self._steps[number], self._steps[needed])
            for number, needed in _edges(circle)
            if (number, needed) not in self._stand_ins
        ]
        able = [edge for edge in edges if _stand_in(edge[1]) is not None]
        if not able:
            keys = (self._steps[number].key for number in circle)
            names = " -> ".join(f"{key.kind.lower()} {key.schema}.{key.name}" for key in keys)
            raise UnsupportedObjectError(f"these objects need each other in a circle: {names}")
        number, needed = min(able, key=lambda edge: _STAND_IN_PREFERENCE[type(edge[1].item)])
        return number.key, needed.key

    def _is_ready(self, step: Step, finished: list[bool]) -> bool:
        """Tell whether all that a step needs has come, where no stand-ins are about."""
        if self._stand_ins:
            return False
        makers = self._makers
        for requires in (step.requires, *step.parts.values()) if step.parts else (step.requires,):
            for ref in requires:
                maker = makers.get(ref)
                if maker is not None and not finished[maker]:
                    return False
        return True

    def _needs(self, number: int) -> list[int]:
        """Return what a step needs, the first to visit last."""
        step = self._steps[number]
        found = self._resolve(number, step.requires)
        for requires in step.parts.values():
            if requires:
                found |= self._resolve(number, requires)
        if self._stand_ins:
            if number in self._shells:
                found.add(self._shells[number])
            found |= self._hollow(number, found)
        found.discard(number)
        return sorted(found, reverse=True)

    def _hollow(self, number: int, needed: set[int]) -> set[int]:
        """Return the routines that a step's needs call, and which are only stand-ins so far.

        PostgreSQL may run what it needs as soon as the step is made: constants are folded.
        """
        return {
            routine
            for caller, routine in self._stand_ins
            if caller in needed and number not in self._behind.get(routine, {number})
        }

    def _all_behind(self, number: int) -> set[int]:
        """Return what a step needs, and what that needs, as if there were no stand-ins."""
        found, waiting = {number}, [number]
        while waiting:
            step = self._steps[waiting.pop()]
            refs = step.requires.union(*step.parts.values())
            fresh = {self._makers[ref] for ref in refs if ref in self._makers} - found
            found |= fresh
            waiting += fresh
        return found

    def _resolve(self, number: int, refs: frozenset[Ref]) -> set[int]:
        """Replace objects by the steps that make them, or their stand-ins where those do."""
        makers = {maker for ref in refs if (maker := self._makers.get(ref)) is not None}
        if not self._stand_ins:
            return makers
        return {
            self._shells[maker] if (number, maker) in self._stand_ins else maker for maker in makers
        }


def _stand_in(step: Step) -> Step | None:
    """Return the step that makes a stand-in for a step's item, or None if it can have none."""
    item = step.item
    requires: frozenset[Ref] = frozenset()
    if isinstance(item, Routine):
        # Only an SQL-standard body is looked at when the routine is made.
        if item.sql_body is None:
            return None
        requires = item.signature_requires
    elif isinstance(item, View):
        if item.kind is not Kind.VIEW:
            return None
        requires = item.column_requires
    elif not isinstance(item, BaseType | RangeType):
        return None
    key = replace(step.key, detail=f"{step.key.detail} shell")
    return Step(key=key, phase=step.phase, place=step.place, item=Shell(item), requires=requires)


def _edges(circle: list[int]) -> list[tuple[int, int]]:
    return list(zip(circle, [*circle[1:], circle[0]], strict=True))
