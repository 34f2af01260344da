"""Telling a person how a migration run goes on, line by line on stderr."""

from __future__ import annotations

import click

from kongtask.cli.base import note
from kongtask.database.connection import Target
from kongtask.migrate import (
    Applied,
    Connected,
    Event,
    Noticed,
    Overtaken,
    Resumed,
    Started,
    Waiting,
    Warned,
)


class Progress:
    """Prints the events of a run; one line a migration, finished when it is.

    Args:
        target: the database, to say what named it.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._line_is_open = False

    def __call__(self, event: Event) -> None:
        """Print an event."""
        match event:
            case Connected():
                note(using(event.where, self._target))
            case Started():
                self._open(_title(event))
            case Applied():
                self._close(f"{event.seconds:.2f} s")
            case Overtaken():
                self._close("applied by another installer")
            case Resumed():
                done, statements = event.done, event.statements
                self._say(f"  going on behind the first {done} of {statements} statements")
            case Waiting():
                self._say(f"  {event.why}")
            case Warned():
                self._say(f"{click.style('warning:', fg='yellow', bold=True)} {event.text}")
            case Noticed():
                self._say(f"  {event.severity}: {event.text}")

    def _open(self, text: str) -> None:
        self._break()
        click.echo(f"{text} … ", err=True, nl=False)
        self._line_is_open = True

    def _close(self, text: str) -> None:
        note(text if self._line_is_open else f"  … {text}")
        self._line_is_open = False

    def _say(self, text: str) -> None:
        self._break()
        note(text)

    def _break(self) -> None:
        if self._line_is_open:
            note("")
            self._line_is_open = False

    def end(self) -> None:
        """Finish an open line, before somebody else prints."""
        self._break()


def using(where: str, target: Target) -> str:
    """Say which server and database a command uses, and what named it."""
    return f"using {where}, from {target.source}"


def _title(event: Started) -> str:
    marks = [
        mark
        for mark, is_set in (
            ("breaking", event.migration.is_breaking),
            ("no transaction", not event.migration.is_transactional),
        )
        if is_set
    ]
    return event.migration.name + (f" ({', '.join(marks)})" if marks else "")
