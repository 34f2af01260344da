"""Which steps to drop, make and alter, and in which order, so that one database becomes another.

What can be altered is. What cannot is dropped and made anew, and with it what depends on it and
holds no rows. Drops come first, in the reverse of the order in which the old database could be
made; then, in the order of the new one, everything that is made or altered; at the end what altered
objects needed before and nothing needs any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kongtask.names import qualify, quote_identifier
from kongtask.schema.diff.changes import title
from kongtask.schema.diff.compare import Scope
from kongtask.schema.diff.statements.alters import Pair, alterations
from kongtask.schema.diff.statements.casts import Casts
from kongtask.schema.diff.statements.clones import rename_statements, renamed_clones
from kongtask.schema.diff.statements.drops import drop_statement
from kongtask.schema.diff.statements.states import State, changed_attributes
from kongtask.schema.diff.statements.tables import is_detached
from kongtask.schema.model import (
    BaseType,
    Column,
    CompositeType,
    Constraint,
    ConstraintKind,
    Domain,
    EnumType,
    Kind,
    Policy,
    RangeType,
    Ref,
    Routine,
    Rule,
    Schema,
    Sequence,
    Table,
    Trigger,
    View,
)
from kongtask.schema.render import step_statements
from kongtask.schema.steps import Default, Ownership, Shell, Step

#: What holds rows or a position, or columns are made of: not dropped for another object's sake.
_STAYS = (Table, Sequence, EnumType, CompositeType, RangeType, BaseType, Domain, Schema)

_TYPES = (EnumType, RangeType, Domain)


class Plan:
    """The way from one database to another.

    Args:
        old: the database as it is.
        new: the database as it is to be.
        scope: what counts as a difference.
        major: the server's major version.
    """

    def __init__(self, old: State, new: State, scope: Scope, major: int) -> None:
        self.old, self.new = old, new
        self._clones = renamed_clones(old.known, new.known)
        self.gone = [key for key in old.steps if self._is_gone(key)]
        self.altered: dict[Ref, list[str]] = {}
        self.anew: set[Ref] = set()
        self.swapped: list[Step] = []
        self.unclosed: list[str] = []
        self.changed: dict[Ref, frozenset[str]] = {}
        self._dependents, casts = old.dependents(), Casts(old.known, new.known)
        for key, step in new.steps.items():
            earlier = old.steps.get(key)
            changed = changed_attributes(earlier, step, scope) if earlier else frozenset()
            if earlier is None or not changed:
                continue
            self.changed[key] = changed
            pair = Pair(
                old=earlier,
                new=step,
                changed=changed,
                context=new.context,
                major=major,
                casts=casts,
            )
            found = alterations(pair)
            if found is None:
                self.anew.add(key)
            else:
                self.altered[key] = found
        self._spread()

    def statements(self) -> Iterator[str]:
        """Yield the statements in an order that runs."""
        dropped = [*self.gone, *self.anew]
        late = {key for key in dropped if self._is_needed(key)}
        order = {key: number for number, key in enumerate(self.old.steps)}
        swapped = {step.key for step in self.swapped}
        yield from rename_statements(self._clones, self.old.known)
        for key in sorted(set(dropped) - late - swapped, key=order.__getitem__, reverse=True):
            yield from self._drop(key)
        for step in self.swapped:
            aside = quote_identifier(_name_aside(step))
            yield f"ALTER {_kind(step)} {_name(step)} RENAME TO {aside};"
        yield from self._makings()
        for step in self.swapped:
            yield f"DROP {_kind(step)} {qualify(step.key.schema, _name_aside(step))};"
        for key in sorted(late - swapped, key=order.__getitem__, reverse=True):
            yield from self._drop(key)

    def _makings(self) -> Iterator[str]:
        swapped = {step.key for step in self.swapped}
        for key, step in self.new.steps.items():
            if isinstance(step.item, Shell):
                real = step.item.item.ref
                if real in self.anew or real not in self.old.steps:
                    yield from step_statements(self.new.context, step)
            elif key in self.anew or self._is_new(key):
                yield from step_statements(self.new.context, step)
            elif key in self.altered:
                yield from self.altered[key]
            if key in swapped:
                yield from self._moved_columns(step)

    def _is_gone(self, key: Ref) -> bool:
        if key in self.new.steps or key in self.new.known or key in self._clones:
            return False
        entry = self.old.known.get(key)
        if entry is None or entry.owner is None or getattr(entry.item, "parent", None) is None:
            return True
        owner, later = (state.steps.get(entry.owner) for state in (self.old, self.new))
        # What a partition that stops to be one leaves behind is dropped once it is none.
        return owner is None or later is None or not is_detached(owner.item, later.item)  # type: ignore[arg-type]  # tables

    def _is_new(self, key: Ref) -> bool:
        is_known = key in self.old.steps or key in self.old.known
        return not is_known and key not in self._clones.values()

    def _drop(self, key: Ref) -> Iterator[str]:
        step = self.old.steps[key]
        if step.owner is not None and self._is_dropped(owner := step.owner.ref):
            needs = (need for need in self.old.needs(step) if need != owner)
            # It goes with its owner, unless something waits for it to go before: a foreign key may
            # refer to a partition of the very table that it is on.
            if not _is_foreign_key(step) and not any(self._is_dropped(need) for need in needs):
                return
        statement = drop_statement(step)
        if statement is not None:
            yield statement

    def _is_dropped(self, key: Ref) -> bool:
        return key in self.anew or (key in self.old.steps and key not in self.new.steps)

    def _is_needed(self, key: Ref) -> bool:
        """Tell whether something that stays needs a step until it has been altered."""
        return any(not self._is_dropped(step.key) for step in self._dependents.get(key, ()))

    def _spread(self) -> None:
        """Add what has to be made anew because of what else is, or because of altered columns."""
        waiting = [*self.anew, *self._gone_for_a_namesake(), *self._held_by_the_gone()]
        for key in self.altered:
            step = self.old.steps[key]
            if isinstance(step.item, Table):
                waiting += self._touched(step.item, self.new.steps[key].item)
                self.unclosed += _not_unsaid(step.item, self.new.steps[key].item)
        while waiting:
            key = waiting.pop()
            self.altered.pop(key, None)
            if key in self.new.steps:
                self.anew.add(key)
            stuck = []
            for step in self._dependents.get(key, ()):
                if self._is_dropped(step.key) or step.key not in self.new.steps:
                    continue
                if not isinstance(step.item, _STAYS) or _is_child(step, key):
                    self.anew.add(step.key)
                    waiting.append(step.key)
                else:
                    stuck.append(step)
            if stuck:
                waiting += self._aside(self.old.steps[key], stuck)

    def _gone_for_a_namesake(self) -> list[Ref]:
        """Return what has to go before something of another kind can have its name."""
        names = {(key.schema, key.name) for key in self.new.steps if key not in self.old.steps}
        return [key for key in self.gone if (key.schema, key.name) in names and not key.detail]

    def _held_by_the_gone(self) -> list[Ref]:
        """Return what needs something that goes, and something else when it is made again.

        Its words are the same: a foreign key refers to columns whose key has another name now, and
        a view calls a function that has another parameter with a default.
        """
        return [
            step.key
            for gone in self.gone
            for step in self._dependents.get(gone, ())
            if step.key in self.new.steps
            and not isinstance(step.item, _STAYS)
            and not self._is_said_again(step)
        ]

    def _is_said_again(self, step: Step) -> bool:
        """Tell whether altering something says all of it, so that it needs only what it says."""
        changed = self.changed[step.key] if step.key in self.altered else frozenset[str]()
        if isinstance(step.item, Routine):
            return not changed <= {"comment"}
        return isinstance(step.item, View | Default | Ownership) and "definition" in changed

    def _aside(self, step: Step, stuck: Iterable[Step]) -> list[Ref]:
        """Put a type aside whose columns stay; return what stands in the way of moving them."""
        tables = [x.item for x in stuck if isinstance(x.item, Table)]
        if isinstance(step.item, _TYPES) and len(tables) == len(list(stuck)):
            self.swapped.append(step)
            return [
                key
                for table in tables
                for key in self._in_the_way(table, set(_of_type(table, step)))
            ]
        names = ", ".join(title(x.key) for x in stuck)
        self.unclosed.append(f"{title(step.key)} has to be made anew, and {names} depends on it")
        return []

    def _touched(self, old: Table, new: object) -> list[Ref]:
        """Return what stands in the way of altering or dropping a table's columns."""
        assert isinstance(new, Table)
        after = {column.name: column for column in new.columns}
        retyped = {
            column.name
            for column in old.columns
            if column.name in after and _is_retyped(column, after[column.name])
        }
        found = self._in_the_way(old, retyped) if retyped else []
        if any(column.name not in after for column in old.columns):
            found += [
                step.key
                for step in self._dependents.get(old.ref, ())
                if step.key in self.altered and isinstance(step.item, View | Routine)
            ]
        return found

    def _in_the_way(self, table: Table, columns: set[str]) -> list[Ref]:
        """Return what forbids other types for some columns and has to be made anew."""
        found = [
            key
            for name in columns
            if (key := table.part(Kind.DEFAULT, name)) in self.old.steps and key in self.new.steps
        ]
        dependents = self._dependents.get(table.ref, ())
        found += [x.key for x in dependents if x.key in self.new.steps and _forbids(x)]
        return [key for key in found if key not in self.anew]

    def _moved_columns(self, type_: Step) -> Iterator[str]:
        """Yield the statements that move columns to the new state of a type."""
        for step in self.new.steps.values():
            table = step.item
            if not isinstance(table, Table) or step.key not in self.old.steps:
                continue
            before = self.old.steps[step.key].item
            assert isinstance(before, Table)
            there = set(_of_type(before, type_))
            for name, full in _of_type(table, type_).items():
                if name in there:
                    text = "text[]" if full.endswith("[]") else "text"
                    column = quote_identifier(name)
                    yield (
                        f"ALTER {table.kind} {qualify(table.schema, table.name)} "
                        f"ALTER COLUMN {column} TYPE {full} USING {column}::{text}::{full};"
                    )


def _is_retyped(old: Column, new: Column) -> bool:
    is_made_anew = new.generated is not None and (old.generated, old.default) != (
        new.generated, new.default,
    )  # fmt: skip
    return (old.type, old.collation) != (new.type, new.collation) or is_made_anew


def _not_unsaid(old: Table, new: object) -> Iterator[str]:
    """Yield sentences about inherited columns that a table says itself and should not."""
    assert isinstance(new, Table)
    before = {column.name: column for column in old.columns}
    for column in new.columns:
        earlier = before.get(column.name)
        if earlier is not None and earlier.is_local and not (column.is_local or new.is_partition):
            yield (
                f"{title(new.part(Kind.COLUMN, column.name))} stays declared there besides being "
                "inherited"
            )


def _forbids(step: Step) -> bool:
    """Tell whether a step's object keeps the columns that it mentions from changing their types."""
    item = step.item
    if isinstance(item, Routine):
        return item.sql_body is not None
    if isinstance(item, Constraint):
        return _is_foreign_key(step)
    if isinstance(item, Trigger):
        return " WHEN (" in item.definition or " UPDATE OF " in item.definition
    return isinstance(item, View | Rule | Policy)


def _is_foreign_key(step: Step) -> bool:
    return isinstance(step.item, Constraint) and step.item.kind is ConstraintKind.FOREIGN_KEY


def _is_child(step: Step, parent: Ref) -> bool:
    return isinstance(step.item, Table) and parent in step.item.parents


def _of_type(table: Table, step: Step) -> dict[str, str]:
    """Return the columns of a type or of its arrays that the table itself declares."""
    name = _name(step)
    return {
        column.name: column.type
        for column in table.columns
        if column.type in {name, f"{name}[]"} and (column.is_local or not table.parents)
    }


def _kind(step: Step) -> str:
    return step.key.kind


def _name(step: Step) -> str:
    return qualify(step.key.schema, step.key.name)


def _name_aside(step: Step) -> str:
    """Return a name for what is put aside until its columns have moved."""
    return f"{step.key.name.encode()[:55].decode(errors='ignore')} (old)"
