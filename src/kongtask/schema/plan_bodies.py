"""What function bodies mention before what PostgreSQL plans while it is made.

An index on ``f(x)`` makes PostgreSQL put the body of an SQL function in the place of the call, or
run the function where its arguments are constants: all that the body calls must be there. Nobody
records what a body in quotes calls, so whatever it mentions by name comes first, where it can.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from kongtask.schema.model import Database, Kind, Ref, SchemaObject, Table
from kongtask.schema.steps import Phase, Step, all_behind, makers_of

#: Statements with expressions that are planned at once, a table's keys and generated columns too.
_PLANNED = frozenset({Phase.TABLES, Phase.CONSTRAINTS, Phase.INDEXES})

#: How expressions come to call a function.
_CALLS = frozenset({Kind.FUNCTION, Kind.AGGREGATE, Kind.OPERATOR, Kind.OPERATOR_CLASS})

_PART = r'"(?:[^"]|"")+"|[\w$]+'
_NAME = re.compile(rf"(?:({_PART})\s*\.\s*)?({_PART}|[-+*/<>=~!@#%^&|`?]+)")


def after_bodies(steps: Sequence[Step], database: Database) -> list[Step]:
    """Return steps of which those that are planned need what the functions they call mention.

    Args:
        steps: all steps.
        database: what they make.
    """
    bodies = {
        routine.ref: routine.body
        for schema in database.schemas
        for routine in schema.routines
        if routine.sql_body is None and routine.language not in {"c", "internal"}
    }
    calling = [step for step in steps if bodies and _calls(step)]
    if not calling:
        return list(steps)
    called = _Calls(steps, bodies, database)
    for step in calling:
        called.move_before(step)
    return list(called.steps.values())


class _Calls:
    def __init__(self, steps: Sequence[Step], bodies: dict[Ref, str], database: Database) -> None:
        self.steps = {step.key: step for step in steps}
        self._makers = makers_of(steps)
        self._bodies = bodies
        self._named = _by_name(database)
        self._mentions: dict[Ref, frozenset[Ref]] = {}

    def move_before(self, step: Step) -> None:
        """Make a step require what the functions that it calls mention."""
        wanted = self._mentioned(_planned(step)) - step.requires
        for ref in sorted(wanted):
            step = self.steps[step.key]
            behind = all_behind(ref, self.steps, self._makers)
            if step.key not in behind:  # else it would wait for itself
                self.steps[step.key] = replace(step, requires=step.requires | {ref})

    def _mentioned(self, refs: Iterable[Ref]) -> set[Ref]:
        """Return what bodies mention, those of the mentioned functions too."""
        seen, found = set[Ref](), set[Ref]()
        waiting = [ref for ref in refs if ref.kind in _CALLS]
        while waiting:
            ref = waiting.pop()
            if ref in seen:
                continue
            seen.add(ref)
            mentions = self._mentions_of(ref)
            found |= mentions
            waiting += mentions
            if ref in self.steps:
                waiting += (need for need in self.steps[ref].requires if need.kind in _CALLS)
        return found

    def _mentions_of(self, ref: Ref) -> frozenset[Ref]:
        body = self._bodies.get(ref)
        if body is None:
            return frozenset()
        if ref not in self._mentions:
            self._mentions[ref] = frozenset(
                found
                for schema, name in set(_NAME.findall(body))
                for found in self._named.get(_folded(name), ())
                if found != ref and (not schema or _folded(schema) == found.schema)
            )
        return self._mentions[ref]


def _folded(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else word.lower()


def _calls(step: Step) -> bool:
    """Tell whether a step has expressions that are planned and call something."""
    return step.phase in _PLANNED and any(ref.kind in _CALLS for ref in _planned(step))


def _planned(step: Step) -> Iterator[Ref]:
    """Yield what the expressions of a step need that are planned when it is carried out."""
    yield from step.requires
    if isinstance(step.item, Table):
        for constraint in step.item.constraints:
            if constraint.index is not None and constraint.requires:
                yield from step.parts.get(step.item.part(Kind.CONSTRAINT, constraint.name), ())


def _by_name(database: Database) -> defaultdict[str, list[Ref]]:
    found: defaultdict[str, list[Ref]] = defaultdict(list)
    for schema in database.schemas:
        kinds: tuple[Iterable[SchemaObject], ...] = (
            schema.routines, schema.aggregates, schema.tables, schema.views, schema.sequences,
            schema.text_search_configurations, schema.text_search_dictionaries,
            (operator for operator in schema.operators if not operator.is_shell),
        )  # fmt: skip
        for items in kinds:
            for item in items:
                found[item.name].append(item.ref)
    return found
