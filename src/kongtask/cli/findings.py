"""Findings as text for people, and in the formats that the programs of CI read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from kongtask.cli.finding import Finding, relative
from kongtask.cli.sarif import sarif
from kongtask.place import Place
from kongtask.rules import Level, Rule

#: The ways to print findings.
FORMATS = ("text", "json", "github", "sarif")

_COLOURS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "cyan"}

#: What GitHub calls the levels.
_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def print_findings(
    findings: Iterable[Finding],
    format_: str,
    *,
    rules: Mapping[str, Rule],
    root: Path,
    tool: str = "kongtask",
) -> None:
    """Print findings on stdout.

    Args:
        findings: what was found.
        format_: one of ``FORMATS``.
        rules: what is known of the rules, by their ids.
        root: the folder that a code host shows: paths for programs are relative to it.
        tool: what found them.
    """
    found = sorted(findings, key=lambda finding: finding.place)
    if format_ == "json":
        click.echo(json.dumps(document(found, root), indent=2, ensure_ascii=False))
    elif format_ == "sarif":
        click.echo(json.dumps(sarif(found, rules, root, tool), indent=2, ensure_ascii=False))
    elif format_ == "github":
        for finding in found:
            click.echo(github_line(finding, root))
    else:
        for finding in found:
            for line in text_lines(finding, Path.cwd()):
                click.echo(line)


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings of each level there are."""
    found = Counter(finding.level for finding in findings)
    return {level.value: found[level] for level in Level}


def summary(findings: Iterable[Finding]) -> str:
    """Return the line for people at the end: how many findings there are."""
    found = {word: number for word, number in counts(findings).items() if number}
    if not found:
        return "nothing found"
    return ", ".join(
        f"{number} {word}{'s' if number > 1 else ''}" for word, number in found.items()
    )


def text_lines(finding: Finding, folder: Path) -> Iterator[str]:
    """Yield the lines for a terminal; colours are taken out by click where there is none.

    Args:
        finding: what to tell.
        folder: the one that paths are shown relative to, where they are below it.
    """
    level = click.style(f"{finding.level}:", fg=_COLOURS[finding.level], bold=True)
    rule = click.style(f"[{finding.rule}]", dim=True)
    place = _place(finding, folder)
    yield f"{place}{level} {_printable(finding.message)} {rule}"
    if finding.line is not None and finding.source is not None:
        yield from _picture(finding, finding.line, finding.source)
    if finding.hint:
        yield f"    {click.style('hint:', bold=True)} {_printable(finding.hint)}"


def document(findings: Sequence[Finding], root: Path) -> dict[str, Any]:
    """Return findings for programs."""
    return {
        "summary": counts(findings),
        "findings": [
            {
                "rule": finding.rule,
                "level": finding.level.value,
                "message": finding.message,
                "hint": finding.hint or None,
                "file": relative(finding.file, root) if finding.file else None,
                "line": finding.line,
                "column": finding.column,
                "end_line": finding.end_line,
                "object": finding.object,
            }
            for finding in findings
        ],
    }


def github_line(finding: Finding, root: Path) -> str:
    """Return the workflow command that annotates a line on GitHub."""
    properties: dict[str, Any] = {
        "file": relative(finding.file, root) if finding.file else None,
        "line": finding.line,
        "endLine": finding.end_line,
        "col": finding.column,
        "title": finding.rule,
    }
    given = ",".join(
        f"{name}={_escaped_property(str(value))}"
        for name, value in properties.items()
        if value is not None
    )
    text = f"{finding.message}\n{finding.hint}" if finding.hint else finding.message
    return f"::{_COMMANDS[finding.level]} {given}::{_escaped(text)}"


def _place(finding: Finding, folder: Path) -> str:
    if finding.file is None:
        return ""
    numbers = (number for number in (finding.line, finding.column) if number is not None)
    return ":".join([_printable(relative(finding.file, folder)), *map(str, numbers), " "])


def _picture(finding: Finding, line: int, source: str) -> Iterator[str]:
    place = Place(
        file=str(finding.file), line=line, column=finding.column or 1, content=source.rstrip("\r")
    )
    shown, caret = place.drawing()
    yield shown
    if finding.column is not None:
        yield caret


def _printable(text: str) -> str:
    """Keep a name from moving the terminal's cursor or ending the line that it stands in."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def repository_root(folder: Path) -> Path:
    """Return the top of the repository that a folder is in, or the folder itself."""
    folder = folder.absolute()
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)
