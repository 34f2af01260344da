"""A terminal that is drawn on, and whose keys are read: ANSI sequences and termios, no more."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any, Self

import click

from kongtask.cli.top.frame import Line

# The other screen, which leaves what was there alone; no cursor; lines that are cut, not wrapped.
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"
_LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME = "\x1b[H"
_END_LINE = "\x1b[K"
_END_SCREEN = "\x1b[J"

_STYLES: dict[str, dict[str, Any]] = {
    "head": {"bold": True},
    "warning": {"fg": "yellow"},
    "error": {"fg": "red"},
}


class Screen:
    """The terminal as long as a ``with`` statement lasts; then it is as it was before."""

    def __init__(self) -> None:
        self._has_colours = not os.environ.get("NO_COLOR")
        self._keyboard = sys.stdin.fileno()

    def __enter__(self) -> Self:
        self._before = termios.tcgetattr(self._keyboard)
        # A signal that comes while keys are waited for ends the waiting by a byte in this pipe.
        self._woken, self._waking = os.pipe()
        self._handlers = {
            signal.SIGWINCH: signal.signal(signal.SIGWINCH, self._resized),
            signal.SIGTSTP: signal.signal(signal.SIGTSTP, self._stopped),
        }
        self._enter()
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self._woken)
        os.close(self._waking)

    @property
    def size(self) -> tuple[int, int]:
        """How many columns and lines there are."""
        size = os.get_terminal_size(sys.stdout.fileno())
        return size.columns, size.lines

    def draw(self, lines: Sequence[Line]) -> None:
        """Show these lines and nothing else."""
        drawn = [styled(line, has_colours=self._has_colours) + _END_LINE for line in lines]
        self._write(_HOME + "\r\n".join(drawn) + _END_SCREEN)

    def key(self, seconds: float | None) -> str | None:
        """Wait for a key; None where none came in time, or the size has changed.

        Args:
            seconds: how long to wait; None for as long as it takes.
        """
        wait = None if seconds is None else max(0.0, seconds)
        ready, _, _ = select.select([self._keyboard, self._woken], [], [], wait)
        if self._woken in ready:
            os.read(self._woken, 1024)
        if self._keyboard not in ready:
            return None
        # The end of the keyboard is the end of the watching.
        return os.read(self._keyboard, 1).decode(errors="replace") or "q"

    def _enter(self) -> None:
        tty.setcbreak(self._keyboard)
        self._write(_ENTER)

    def _leave(self) -> None:
        self._write(_LEAVE)
        termios.tcsetattr(self._keyboard, termios.TCSADRAIN, self._before)

    def _resized(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        os.write(self._waking, b"!")

    def _stopped(self, number: int, frame: FrameType | None) -> None:
        """Give the terminal back for as long as Ctrl-Z stops the process."""
        del frame
        self._leave()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # returns when the process goes on
        signal.signal(number, self._stopped)
        self._enter()
        os.write(self._waking, b"!")

    def _write(self, text: str) -> None:
        # Not by sys.stdout, which refuses a signal's handler that writes in the midst of a write.
        data = text.encode(sys.stdout.encoding, "replace")
        while data:
            data = data[os.write(sys.stdout.fileno(), data) :]


def styled(line: Line, *, has_colours: bool) -> str:
    """Return a line with the colours that it is drawn in."""
    style = _STYLES.get(line.style)
    return click.style(line.text, **style) if has_colours and style else line.text
