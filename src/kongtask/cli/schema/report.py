"""A difference as text for people: on the terminal, in Markdown, as a diff of the exports."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from kongtask.schema.diff import (
    Action,
    AttributeChange,
    Change,
    Difference,
    Impact,
    Rename,
    counts,
    title,
)
from kongtask.schema.diff.words import shown, word

if TYPE_CHECKING:
    from kongtask.revisions.verify import Drift
    from kongtask.schema.history import Event

_MARKS = {
    Action.ADDED: ("+", "green"),
    Action.REMOVED: ("-", "red"),
    Action.CHANGED: ("~", "yellow"),
}


def text_lines(difference: Difference) -> Iterator[str]:
    """Yield the lines for a terminal; colours are taken out by click where there is none."""
    for change in difference.top():
        mark, colour = _MARKS[change.action]
        yield click.style(f"{mark} {title(change.ref)}", fg=colour)
        for attribute in change.attributes:
            yield from (f"    {line}" for line in attribute_lines(attribute))
        for warning in impact_sentences(change.impact):
            yield click.style(f"    {warning}", dim=True)
    for rename in difference.renames:
        yield click.style(f"? {rename_sentence(rename)}", fg="cyan")
    yield summary(difference)


def event_lines(event: Event) -> Iterator[str]:
    """Yield the lines that tell what a migration did to an object."""
    change = event.change
    mark, colour = _MARKS[change.action]
    was = f", which was {title(event.former)}" if event.former is not None else ""
    yield click.style(f"{mark} {title(change.ref)}{was}", fg=colour)
    for attribute in change.attributes:
        yield from (f"    {line}" for line in attribute_lines(attribute))


def drift_lines(drift: Drift) -> Iterator[str]:
    """Yield the lines that tell how an object differs from what it should be."""
    change = drift.change
    if change.action is Action.ADDED:
        yield click.style(f"unexpected {title(change.ref)}", fg="green")
        return
    state, colour = ("missing", "red") if change.action is Action.REMOVED else ("changed", "yellow")
    by = f", last written by {drift.touched:06}.sql" if drift.touched is not None else ""
    yield f"{click.style(f'{state} {title(change.ref)}', fg=colour)}{by}"
    for attribute in change.attributes:
        expected, found = shown(attribute.old), shown(attribute.new)
        if "\n" in expected + found:
            yield from (f"  {line}" for line in attribute_lines(attribute))
        else:
            yield f"  {word(attribute.name)}: expected {expected}, found {found}"


def drift_sentence(drift: Drift) -> str:
    """Return how an object differs from what it should be, in one line without colours."""
    change = drift.change
    if change.action is Action.ADDED:
        return f"{title(change.ref)} is there, and no migration has made it"
    by = f" (last written by {drift.touched:06}.sql)" if drift.touched is not None else ""
    if change.action is Action.REMOVED:
        return f"{title(change.ref)} is missing{by}"
    what = "; ".join(attribute_sentence(attribute) for attribute in change.attributes)
    return f"{title(change.ref)} is not what the migrations make{by}: {what}"


def markdown_lines(difference: Difference, old: str, new: str) -> Iterator[str]:
    """Yield the lines of a Markdown page or comment.

    Args:
        difference: what to tell.
        old: what the first side is called.
        new: what the second one is called.
    """
    yield f"### {code(old)} → {code(new)}"
    yield ""
    yield summary(difference)
    if not difference:
        return
    yield ""
    yield "| | Object | What | Impact |"
    yield "| --- | --- | --- | --- |"
    for change in difference.top():
        what = "<br>".join(
            f"{word(x.name)}: {code(shown(x.old))} → {code(shown(x.new))}"
            for x in change.attributes
        )
        impact = "<br>".join(_cell(sentence) for sentence in impact_sentences(change.impact))
        yield f"| {change.action} | {code(title(change.ref))} | {what} | {impact} |"
    for rename in difference.renames:
        yield ""
        yield f"{rename_sentence(rename)}"


def document(difference: Difference, old: str, new: str) -> dict[str, Any]:
    """Return a difference for programs.

    Args:
        difference: what to tell.
        old: what the first side is called.
        new: what the second one is called.
    """
    return {
        "old": old,
        "new": new,
        "summary": counts(difference.top()),
        "changes": [change_document(change) for change in difference.changes],
        "renames": [
            {"old": ref_document(rename.old), "new": ref_document(rename.new)}
            for rename in difference.renames
        ],
    }


def change_document(change: Change) -> dict[str, Any]:
    """Return one change for programs."""
    impact = change.impact
    return {
        "action": change.action.value,
        "object": ref_document(change.ref),
        "title": title(change.ref),
        "part_of": ref_document(change.owner) if change.owner else None,
        "attributes": [
            {"name": item.name, "old": item.old, "new": item.new} for item in change.attributes
        ],
        "impact": {"destroys": impact.destroys, "rewrites": impact.rewrites, "lock": impact.lock},
    }


def ref_document(ref: Any) -> dict[str, str]:
    """Return an object's identity for programs."""
    return {"kind": ref.kind.value, "schema": ref.schema, "name": ref.name, "detail": ref.detail}


def summary(difference: Difference) -> str:
    """Return the line at the end: how many objects differ."""
    if not difference:
        return "no differences"
    found = counts(difference.top())
    return ", ".join(f"{number} {action}" for action, number in found.items() if number)


def attribute_lines(attribute: AttributeChange) -> Iterator[str]:
    """Yield an attribute's change: one line, or a diff where a value has several."""
    old, new, name = shown(attribute.old), shown(attribute.new), word(attribute.name)
    if "\n" not in old + new:
        yield f"{name}: {old} → {new}"
        return
    yield f"{name}:"
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2)
    for line in list(lines)[2:]:
        colour = {"+": "green", "-": "red"}.get(line[:1])
        yield click.style(f"  {line}", fg=colour) if colour else f"  {line}"


def attribute_sentence(attribute: AttributeChange) -> str:
    """Return an attribute's change in one line, without values that have several."""
    old, new, name = shown(attribute.old), shown(attribute.new), word(attribute.name)
    return f"{name} differs" if "\n" in old + new else f"{name}: {old} → {new}"


def impact_sentences(impact: Impact) -> Iterator[str]:
    """Yield what making a change does."""
    if impact.destroys:
        yield f"destroys {impact.destroys}"
    if impact.rewrites:
        yield f"rewrites the table: {impact.rewrites}"
    if impact.lock:
        yield f"locks: {impact.lock}"


def rename_sentence(rename: Rename) -> str:
    """Return the suggestion that two objects are one."""
    return f"{title(rename.old)} may have been renamed to {title(rename.new)}"


def code(text: str) -> str:
    """Quote a name or a value for Markdown, inside a table too."""
    inner = " ".join(text.split()).replace("|", "\\|")
    fence = "``" if "`" in inner else "`"
    return f"{fence}{inner}{fence}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
