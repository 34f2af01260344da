"""Steps in an order that loads: by section and name, moved only where a dependency forces it.

The order is a depth-first walk. Steps are visited by section and name, and each is preceded by what
it requires and what has not come yet. So one object's dependency moves that one thing, and nothing
else in the file changes its place. A circle is opened where that costs least: a default or a check
is added later, a view or a type gets a stand-in first.
"""

from __future__ import annotations

from collections.abc import Mapping

from kongtask.errors import UnsupportedObjectError
from kongtask.schema.model import Ref, Schema
from kongtask.schema.steps import Step, build_steps, shell_of


def order(*schemas: Schema) -> list[Step]:
    """Return the steps that make some schemas, in an order that loads.

    Raises:
        UnsupportedObjectError: objects need each other in a circle that nothing opens.
    """
    detached: frozenset[Ref] = frozenset()
    stand_ins: frozenset[tuple[Ref, Ref]] = frozenset()
    while True:
        steps = {step.key: step for step in build_steps(schemas, detached)}
        graph = _Graph(steps, stand_ins)
        circle = graph.walk()
        if circle is None:
            return graph.done
        parts = graph.removable_parts(circle)
        detached |= parts
        if not parts:
            stand_ins |= {graph.replaceable_edge(circle)}


class _Graph:
    """Steps with resolved requirements, and one walk over them.

    Args:
        steps: by key.
        stand_ins: pairs of steps of which the first is content with the second's stand-in.
    """

    def __init__(self, steps: Mapping[Ref, Step], stand_ins: frozenset[tuple[Ref, Ref]]) -> None:
        self.done: list[Step] = []
        self._steps = dict(steps)
        self._stand_ins = stand_ins
        self._shells: dict[Ref, Ref] = {}
        for _, needed in stand_ins:
            shell = shell_of(steps[needed])
            if shell is not None:
                self._steps[shell.key] = shell
                self._shells[needed] = shell.key
        self._owners = {part: step.key for step in steps.values() for part in step.parts}

    def walk(self) -> list[Ref] | None:
        """Fill ``done``; return the first circle that is met, or None."""
        finished: set[Ref] = set()
        for root in sorted(self._steps, key=self._place):
            path: dict[Ref, list[Ref]] = {}  # the way from the root, with what is left to visit
            if root not in finished:
                path[root] = self._needs(root)
            while path:
                key, waiting = next(reversed(path.items()))
                while waiting and waiting[-1] in finished:
                    waiting.pop()
                if not waiting:
                    finished.add(key)
                    self.done.append(self._steps[key])
                    del path[key]
                elif waiting[-1] in path:
                    way = list(path)
                    return way[way.index(waiting[-1]) :]
                else:
                    path[waiting[-1]] = self._needs(waiting[-1])
        return None

    def removable_parts(self, circle: list[Ref]) -> frozenset[Ref]:
        """Return parts that alone hold one step of a circle to the next; may be empty."""
        for key, needed in _edges(circle):
            step = self._steps[key]
            if needed not in self._resolve(key, step.requires):
                return frozenset(
                    part
                    for part, requires in step.parts.items()
                    if needed in self._resolve(key, requires)
                )
        return frozenset()

    def replaceable_edge(self, circle: list[Ref]) -> tuple[Ref, Ref]:
        """Return a step of a circle and the next one, which can have a stand-in.

        Raises:
            UnsupportedObjectError: none of them can.
        """
        for key, needed in _edges(circle):
            step = self._steps[needed]
            if (key, needed) not in self._stand_ins and shell_of(step) is not None:
                return key, needed
        names = " -> ".join(f"{ref.kind.lower()} {ref.schema}.{ref.name}" for ref in circle)
        raise UnsupportedObjectError(f"these objects need each other in a circle: {names}")

    def _needs(self, key: Ref) -> list[Ref]:
        """Return what a step needs, the first to visit last."""
        step = self._steps[key]
        found = self._resolve(key, step.requires.union(*step.parts.values()))
        if key in self._shells:
            found.add(self._shells[key])
        found.discard(key)
        return sorted((ref for ref in found if ref in self._steps), key=self._place, reverse=True)

    def _resolve(self, key: Ref, refs: frozenset[Ref]) -> set[Ref]:
        """Replace parts by the steps that make them, and steps by stand-ins where they do."""
        owners = (self._owners.get(ref, ref) for ref in refs)
        return {
            self._shells[owner] if (key, owner) in self._stand_ins else owner for owner in owners
        }

    def _place(self, key: Ref) -> tuple[object, ...]:
        step = self._steps[key]
        return (step.phase, *step.place, key)


def _edges(circle: list[Ref]) -> list[tuple[Ref, Ref]]:
    return list(zip(circle, [*circle[1:], circle[0]], strict=True))
