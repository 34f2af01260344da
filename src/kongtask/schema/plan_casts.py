"""Casts before what says them.

PostgreSQL knows that an expression needs a cast's function, and not that it prints the call as a
cast: ``f(x)`` becomes ``(x)::t``, which nobody understands before the cast is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from kongtask.schema.model import Cast, Kind, Ref
from kongtask.schema.steps import Step, all_behind, makers_of


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
    makers = makers_of(steps)
    for cast in casts:
        functions = {ref for ref in cast.requires if ref.kind is Kind.FUNCTION}
        users = [step for step in found.values() if not functions.isdisjoint(step.all_requires())]
        if len(users) > 1:
            first = all_behind(cast.ref, found, makers)  # which cannot wait for the cast
            for step in users:
                if step.key not in first:
                    found[step.key] = _waiting(step, functions, cast.ref)
    return list(found.values())


def _waiting(step: Step, functions: set[Ref], cast: Ref) -> Step:
    def more(requires: frozenset[Ref]) -> frozenset[Ref]:
        return requires if functions.isdisjoint(requires) else requires | {cast}

    parts = {part: more(requires) for part, requires in step.parts.items()}
    return replace(step, requires=more(step.requires), parts=parts)
