"""What every command shares: option spelling, the connection options, errors and exit codes."""

from __future__ import annotations

import difflib
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import click

from kongtask.errors import EXIT_DONE, EXIT_FAILED, KongtaskError

F = TypeVar("F", bound=Callable[..., Any])

_HELP_NAMES = ["-h", "-help", "--help"]


class GuardedMixin:
    """Turn errors into one line on stderr and an exit code, for commands and groups alike."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run as a program."""
        extra.setdefault("color", _colour())
        with _exit_codes():
            return super().main(*args, **extra)  # type: ignore[misc]  # click.Command is beside us

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what click would end with exit code 1, "different", ends otherwise."""
        try:
            return super().invoke(ctx)  # type: ignore[misc]  # click.Command is beside us
        except KeyboardInterrupt:
            fail("interrupted")
            sys.exit(128 + signal.SIGINT)
        except BrokenPipeError:
            # The reader went away, as `| head` does. Python would complain again while exiting.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(EXIT_FAILED)


class GuardedGroup(GuardedMixin, click.Group):
    """A group of commands with kongtask's exit codes."""


class Command(GuardedMixin, click.Command):
    """A command whose long options may be spelled with one dash, as Go programs do."""

    def __init__(self, *args: Any, **extra: Any) -> None:
        extra.setdefault("context_settings", {"help_option_names": _HELP_NAMES})
        super().__init__(*args, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse a misspelt ``-long`` option, which click would read as ``-l ong``."""
        known = [name for param in self.get_params(ctx) for name in param.opts]
        for arg in args:
            if arg == "--":
                break
            name = arg.partition("=")[0]
            if re.fullmatch(r"-[a-z][a-z-]+", name) and name not in known:
                close = difflib.get_close_matches(name, known, n=3)
                raise click.NoSuchOption(name, possibilities=close, ctx=ctx)
        return super().parse_args(ctx, args)


def option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """Declare an option; each ``--long`` name works as ``-long`` too.

    The help page shows the names as given; the single-dash twins stay unlisted.
    """
    return click.option(*names, cls=_TwinOption, **attributes)


class _TwinOption(click.Option):
    def __init__(self, declarations: Sequence[str], **attributes: Any) -> None:
        names = list(declarations)
        self._shown = [name for name in names if name.startswith("-")]
        twins = [name[1:] for name in names if name.startswith("--") and len(name) > 3]
        super().__init__([*names, *(twin for twin in twins if twin not in names)], **attributes)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        every, self.opts = self.opts, self._shown
        try:
            return super().get_help_record(ctx)
        finally:
            self.opts = every


def connection_option(function: F) -> F:
    """Add ``-conn`` and its other spellings."""
    return option(
        "-conn", "--conn", "-c", "--connection", "conn", metavar="CONNINFO",
        help="Database to use, as a URI or as key=value. Without it: DATABASE_URL, then PG*, then "
        "the project's settings, then the embedded server.",
    )(function)  # fmt: skip


def schema_option(function: F) -> F:
    """Add ``-schema`` and its other spellings."""
    return option(
        "-schema", "--schema", "-s", "schema", metavar="NAME",
        help="Schema to work on. Default: GRAPHILE_WORKER_SCHEMA, then the project's, then "
        "graphile_worker.",
    )(function)  # fmt: skip


def worker_schema_option(function: F) -> F:
    """Add ``-schema`` and its other spellings, for what concerns jobs."""
    return option(
        "-schema", "--schema", "-s", "schema", metavar="NAME",
        help="The worker schema. Default: GRAPHILE_WORKER_SCHEMA, then the project's if its "
        "migrations are the worker's, then graphile_worker.",
    )(function)  # fmt: skip


def timeout_option(function: F) -> F:
    """Add ``--timeout``, for commands that look at what goes on."""
    return option(
        "--timeout", type=click.FloatRange(min=0, min_open=True), default=10, show_default=True,
        metavar="SECONDS", help="How long the server may work at one question.",
    )(function)  # fmt: skip


def note(text: str) -> None:
    """Say something to the person at the terminal, on stderr."""
    click.echo(text, err=True)


def fail(text: str) -> None:
    """Print an error on stderr."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {text}", err=True, color=_colour())


def _colour() -> bool | None:
    """Return False where NO_COLOR asks for no colour, else None: colour on a terminal only."""
    return False if os.environ.get("NO_COLOR") else None


def leave(end: SystemExit) -> NoReturn:
    """End the process at once, when all is done and closed.

    Python would take its modules and what they hold apart one by one: some 30 ms, and a tenth of
    a second more after a large export.
    """
    code = end.code if isinstance(end.code, int) else EXIT_FAILED if end.code else EXIT_DONE
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = EXIT_FAILED
    os._exit(code)


@contextmanager
def _exit_codes() -> Iterator[None]:
    # A terminated command ends as Ctrl-C does: the scratch databases are dropped on the way out.
    for name in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) is signal.SIG_DFL:
            signal.signal(name, _stop)
    try:
        yield
    except KongtaskError as error:
        fail(str(error))
        sys.exit(error.exit_code)


def _stop(number: int, frame: object) -> None:
    del frame
    raise SystemExit(128 + number)
