"""What a worker prints when nobody reads it any more, as under ``kongtask run | head``."""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import TYPE_CHECKING, TextIO

from kongtask.worker.signals import hear_broken_stream

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def watch_streams() -> None:
    """Let this process end gracefully, as by SIGPIPE, when its stdout or stderr has no reader.

    What is written there from then on is dropped: neither logging nor a task that prints fails.
    """
    sys.stdout, sys.stderr = _watched(sys.stdout), _watched(sys.stderr)


class _Stream(io.FileIO):
    """Where writes go that must not fail."""

    _is_broken = False

    def write(self, data: ReadableBuffer, /) -> int:
        """Write; drop it where nobody reads, and tell so the first time."""
        if not self._is_broken:
            try:
                return super().write(data)
            except BrokenPipeError:
                self._is_broken = True
                if not hear_broken_stream():
                    os.kill(os.getpid(), signal.SIGTERM)
        return memoryview(data).nbytes


def _watched(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream  # somebody, a test for instance, has put something else there
    stream.flush()
    raw = io.BufferedWriter(_Stream(stream.fileno(), "w", closefd=False))
    # What tasks print appears among the logs, not at the end.
    return io.TextIOWrapper(
        raw, encoding=stream.encoding, errors=stream.errors, line_buffering=True
    )
