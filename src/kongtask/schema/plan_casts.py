"""Casts before what says them.

PostgreSQL knows that an expression needs a cast's function, and not that it prints the call as a
cast: ``f(x)`` becomes ``(x)::t``, which nobody understands before the cast is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from kongtask.schema.model import Cast, Kind, Ref
from kongtask.schema.steps import Step


def after_casts(steps: Sequence[Step], casts: Iterable[Cast]) -> list[Step]:
    """Return steps of which those that need a cast's function need the cast, too.

    Args:
        steps: all steps.
        casts: the casts among what they make.
    """
    casts = tuple(casts)
    if not casts:
        return list(steps)
    found = {step.key: step for step in steps}
    for cast in casts:
        functions = {ref for ref in cast.requires if ref.kind is Kind.FUNCTION}
        users = [step for step in found.values() if not functions.isdisjoint(_refs(step))]
        if len(users) > 1:
            first = _needed(cast.ref, found)  # which cannot wait for the cast
            for step in users:
                if step.key not in first:
                    found[step.key] = _waiting(step, functions, cast.ref)
    return list(found.values())


def _refs(step: Step) -> Iterator[Ref]:
    yield from step.requires
    for requires in step.parts.values():
        yield from requires


def _waiting(step: Step, functions: set[Ref], cast: Ref) -> Step:
    def more(requires: frozenset[Ref]) -> frozenset[Ref]:
        return requires if functions.isdisjoint(requires) else requires | {cast}

    parts = {part: more(requires) for part, requires in step.parts.items()}
    return replace(step, requires=more(step.requires), parts=parts)


def _needed(key: Ref, steps: dict[Ref, Step]) -> set[Ref]:
    """Return the keys of a step and of all that it needs, directly or not."""
    makers = {part: step.key for step in steps.values() for part in step.parts}
    found, waiting = {key}, [key]
    while waiting:
        for ref in _refs(steps[waiting.pop()]):
            maker = ref if ref in steps else makers.get(ref)
            if maker is not None and maker not in found:
                found.add(maker)
                waiting.append(maker)
    return found
