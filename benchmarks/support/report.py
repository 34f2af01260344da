"""Tables for people and JSON documents for programs, of the same figures."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        key: the member of a row.
        heading: what is printed above it.
        form: how a value is printed, as ``format`` takes it.
    """

    key: str
    heading: str
    form: str = ""

    def text(self, row: Row) -> str:
        """Return a row's value as it is printed."""
        value = row.get(self.key)
        return "-" if value is None else format(value, self.form)


@dataclass(slots=True)
class Report:
    """The answer to a benchmark's question.

    Attributes:
        question: the question.
        facts: what holds for all figures: server, settings.
        tables: columns and rows, by title.
    """

    question: str
    facts: dict[str, str]
    tables: dict[str, tuple[Sequence[Column], Sequence[Row]]] = field(default_factory=dict)

    def add(self, title: str, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        """Add a table; later ones are printed below it."""
        self.tables[title] = (columns, rows)

    def print(self, *, as_json: bool) -> None:
        """Print everything."""
        if as_json:
            document = {
                "question": self.question,
                "facts": machine() | self.facts,
                "tables": {title: list(rows) for title, (_, rows) in self.tables.items()},
            }
            print(json.dumps(document, indent=1, ensure_ascii=False))
            return
        print(self.question)
        print(", ".join(f"{name} {value}" for name, value in (machine() | self.facts).items()))
        for title, (columns, rows) in self.tables.items():
            print(f"\n{title}")
            print_table(columns, rows)


def print_table(columns: Sequence[Column], rows: Sequence[Row]) -> None:
    """Print rows below headings, the first column to the left and the others to the right."""
    texts = [[column.heading for column in columns]]
    texts += [[column.text(row) for column in columns] for row in rows]
    widths = [max(len(line[n]) for line in texts) for n in range(len(columns))]
    for line in texts:
        first, *others = (
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip())


def machine() -> dict[str, str]:
    """Return what there is to say of the machine and its Python."""
    return {"cores": str(os.cpu_count()), "Python": platform.python_version()}


def median(values: Sequence[float]) -> float:
    """Return the median; of nothing, not a number."""
    return statistics.median(values) if values else float("nan")


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * percent // 100) - 1))]


def note(text: str) -> None:
    """Say on stderr how far a benchmark is."""
    print(text, file=sys.stderr, flush=True)


def options(doc: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has.

    Args:
        doc: the docstring of the benchmark's module; its first line is the question.
        rounds: how often each thing is measured unless told otherwise.
    """
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("-conn", "--conn", help="a server with a role that may create databases")
    parser.add_argument("-rounds", "--rounds", type=int, default=rounds, help="runs of each case")
    parser.add_argument("--without-peers", action="store_true", help="measure kongtask alone")
    parser.add_argument("-json", "--json", action="store_true", help="print a JSON document")
    return parser
