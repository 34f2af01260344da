"""Logs of a worker: lines for people, or JSON lines for programs.

No payload and no connection string is ever part of them; what a task itself logs is its own matter.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

import click
import msgspec

import kongtask
from kongtask.errors import ExecutableFailedError, PayloadError, TaskProcessDiedError

Format = Literal["text", "json"]

LEVELS = ("debug", "info", "warning", "error")

_COLOURS = {"debug": "bright_black", "warning": "yellow", "error": "red", "critical": "red"}

#: What every record has; all else was given by who logged it.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

#: Errors whose message tells all.
_PLAIN = (PayloadError, ExecutableFailedError, TaskProcessDiedError)

#: Where the worker's own code is, which calls the tasks'.
_OUR_FOLDER = str(Path(kongtask.__file__).parent / "worker")


def set_up_logs(
    format_: Format, level: str, stream: TextIO | None = None, *, process: int | None = None
) -> None:
    """Send every log of this process to a stream.

    Args:
        format_: ``text``, or ``json`` for one JSON object a line.
        level: the least level that is shown.
        stream: where to; stderr if None.
        process: the number of this process among several; None where it is the only one.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        JsonFormatter(process)
        if format_ == "json"
        else TextFormatter(is_terminal=stream.isatty(), process=process)
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # What drivers and asyncio say at lower levels is about themselves.
    for name in ("asyncio", "psycopg"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    logging.captureWarnings(True)


class TextFormatter(logging.Formatter):
    """Time, level, job and message in a line.

    Args:
        is_terminal: whether to write for a person: in colour, and with the time of day alone.
        process: the number of this process among several; None where it is the only one.
    """

    def __init__(self, *, is_terminal: bool, process: int | None = None) -> None:
        super().__init__()
        self._is_terminal = is_terminal
        self._process = "" if process is None else f"[{process}] "

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line, and its traceback below."""
        level = record.levelname.lower()
        label = f"{level:<7}"
        if self._is_terminal and level in _COLOURS:
            label = click.style(label, fg=_COLOURS[level])
        # What the worker itself says of a job names it.
        is_task_s = record.name.startswith("kongtask.task.")
        job = f"{vars(record).get('task_identifier')} {vars(record).get('job_id')}: "
        start = f"{self._time(record)} {label} {self._process}{job if is_task_s else ''}"
        lines = [f"{start}{record.getMessage()}", *_traces(record)]
        return "\n".join(lines)

    def _time(self, record: logging.LogRecord) -> str:
        if self._is_terminal:
            moment = datetime.fromtimestamp(record.created).astimezone()
            return moment.strftime("%H:%M:%S.") + f"{int(record.msecs):03}"
        return _utc(record)


class JsonFormatter(logging.Formatter):
    """A JSON object: time, level, logger, message, and what was logged beside it.

    Args:
        process: the number of this process among several; None where it is the only one.
    """

    def __init__(self, process: int | None = None) -> None:
        super().__init__()
        self._process = {} if process is None else {"process": process}

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line."""
        members: dict[str, Any] = {
            "time": _utc(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **self._process,
            **{name: value for name, value in vars(record).items() if name not in _USUAL},
        }
        if traces := _traces(record):
            members["error"] = "\n".join(traces)
        return msgspec.json.encode(members, enc_hook=str).decode()


def _utc(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _traces(record: logging.LogRecord) -> list[str]:
    """Return a record's traceback, from the user's own code on."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None or isinstance(error, _PLAIN):
        return []
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(_OUR_FOLDER):
        frame = frame.tb_next
    try:
        lines = traceback.format_exception(type(error), error, frame)
    except Exception as failure:  # an exception of a task's, whose text raises
        return [f"{type(error).__name__} (it cannot be shown: {failure})"]
    return ["".join(lines).rstrip()]
