"""Reading a crontab, and writing one.

A line is five fields and a command: a task's identifier, ``?options``, a JSON5 object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from kongtask.cron.faults import Faults, quoted
from kongtask.cron.items import (
    LONGEST_NAME,
    CronItem,
    default_mode,
    objection_to_payload,
    objection_to_text,
    payload_text,
)
from kongtask.cron.options import Options, read_options
from kongtask.cron.pattern import Pattern, read_pattern
from kongtask.errors import CrontabError

#: White space as Node knows it, which is not quite what Python takes for it.
_SPACE = "".join(
    [
        "\t\n\v\f\r \xa0\u1680",
        *map(chr, range(0x2000, 0x200B)),
        "\u2028\u2029\u202f\u205f\u3000\ufeff",
    ]
)
_WORD = re.compile(rf"[^{_SPACE}]+")
_SPACES = re.compile(rf"[{_SPACE}]*")

_TASK = re.compile(r"[_a-zA-Z][_a-zA-Z0-9:/_-]*")
#: Where pyjson5 says that it stopped: the number of the character, from 1.
_NEAR = re.compile(r" near (\d+)")

_FORM = "a line is five fields (minute, hour, day of the month, month, day of the week) and a task"


def parse_crontab(text: str, *, source: str = "crontab") -> tuple[CronItem, ...]:
    """Read a crontab.

    Args:
        text: the crontab; lines end with LF or CRLF.
        source: what to call it in an error: its path, for instance.

    Raises:
        CrontabError: something in it cannot be read; every fault is shown with its place.
    """
    faults = Faults(source, text)
    entries = [
        entry for offset, line in _lines(text) if (entry := _read_line(offset, line, faults))
    ]
    _check_identifiers(entries, faults)
    if faults:
        faults.fail()
    return tuple(_item(entry) for entry in entries)


class _Entry(Struct, frozen=True, kw_only=True):
    """A line as far as it could be read; ``offset`` is the task's."""

    offset: int
    task: str
    pattern: Pattern | None
    options: Options
    payload: Mapping[str, Any] | None

    @property
    def identifier(self) -> str:
        return self.options.id or self.task


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something: offset of their first word, and their text from there."""
    offset = 0
    for line in text.split("\n"):
        match = _SPACES.match(line)
        first = match.end() if match else 0
        content = line[first:].rstrip(_SPACE)
        if content and not content.startswith("#"):
            yield offset + first, content
        offset += len(line) + 1


def _read_line(offset: int, line: str, faults: Faults) -> _Entry | None:
    words = [(offset + word.start(), word[0]) for word in _WORD.finditer(line)]
    if line.startswith("@"):
        faults.add(offset, f"{quoted(words[0][1])} is not known: {_FORM}; 0 0 * * * is once a day")
        return None
    if len(words) < 6:
        faults.add(offset, f"{_FORM}; this one has {len(words)} words")
        return None
    pattern = read_pattern(words[:5], faults)
    start, task = words[5]
    if not _check_task(start, task, faults):
        return None
    options: Options | None = Options()
    payload = None
    position, rest = _after(line, start + len(task) - offset, offset)
    if rest.startswith("?"):
        query = _WORD.findall(rest)[0][1:]
        if not query:
            faults.add(position, "options are missing behind the question mark: ?id=…&fill=…")
        options = read_options(position + 1, query, faults)
        position, rest = _after(line, position + 1 + len(query) - offset, offset)
    if rest:
        payload = _read_payload(position, rest, faults)
    if options is None:
        return None  # its identifier may be one of those that could not be read
    return _Entry(offset=start, task=task, pattern=pattern, options=options, payload=payload)


def _after(line: str, index: int, offset: int) -> tuple[int, str]:
    """Return what follows in a line behind white space, with its offset in the crontab."""
    match = _SPACES.match(line, index)
    start = match.end() if match else index
    return offset + start, line[start:]


def _check_task(offset: int, task: str, faults: Faults) -> bool:
    """Check a task's identifier; False where what follows it cannot be told apart from it."""
    match = _TASK.match(task)
    end = match.end() if match else 0
    if end == len(task):
        reason = objection_to_text(task, LONGEST_NAME)
        if reason:
            faults.add(offset, f"the task's identifier {reason}")
        return True
    if end and task[end] in "?{":
        faults.add(offset + end, f"a space is missing before {task[end]}")
    else:
        faults.add(
            offset + end,
            f"{quoted(task)} is no task's identifier: it has letters, digits, _, :, / and -, "
            "and begins with a letter or _",
        )
    return False


def _read_payload(offset: int, text: str, faults: Faults) -> Mapping[str, Any] | None:
    """Read the JSON5 object at the end of a line."""
    import pyjson5

    if not text.startswith("{"):
        faults.add(offset, "behind the task come ?options, or a payload in braces, or both")
        return None
    if not text.endswith("}"):
        faults.add(
            offset + len(text) - 1, "the line must end with the } of its payload, comments too"
        )
        return None
    try:
        payload = pyjson5.decode(text, maxdepth=200)
    except pyjson5.Json5DecoderException as error:
        near = _NEAR.search(str(error))
        index = int(near[1]) - 1 if near else 0
        if isinstance(error, pyjson5.Json5ExtraData):
            index += 1  # the one error that counts from 0
        faults.add(offset + index, f"the payload is no JSON5: {_reason(error)}")
        return None
    reason = objection_to_payload(payload)
    if reason:
        faults.add(offset, f"the payload {reason}")
        return None
    found: dict[str, Any] = payload
    return found


def _reason(error: Any) -> str:
    """Say what is wrong in a payload; pyjson5 speaks of its own rules' names."""
    import pyjson5

    match error:
        case pyjson5.Json5EOF():
            return "something is not closed, or a number is too large"
        case pyjson5.Json5ExtraData():
            return f"{error.character!r} comes after its end"
        case pyjson5.Json5IllegalCharacter():
            return f"{error.character!r} cannot stand here"
        case pyjson5.Json5NestingTooDeep():
            return "it is nested too deeply"
    return str(error.message)


def _check_identifiers(entries: Iterable[_Entry], faults: Faults) -> None:
    first: dict[str, _Entry] = {}
    for entry in entries:
        known = first.setdefault(entry.identifier, entry)
        if known is not entry:
            faults.add(
                entry.offset,
                f"the identifier {quoted(entry.identifier)} is taken by line "
                f"{faults.line_of(known.offset)}; give this schedule one of its own: ?id=…",
            )


def _item(entry: _Entry) -> CronItem:
    assert entry.pattern is not None, "a line without a pattern is a fault"
    options = entry.options
    return CronItem(
        task_identifier=entry.task,
        match=entry.pattern,
        identifier=entry.identifier,
        payload=entry.payload,
        backfill_period=options.fill,
        max_attempts=options.max,
        queue_name=options.queue,
        job_key=options.jobKey,
        job_key_mode=default_mode(options.jobKey, options.jobKeyMode),
        priority=options.priority,
    )


def render_crontab(items: Iterable[CronItem]) -> str:
    """Write items as a crontab, which both kongtask and Graphile Worker read.

    Raises:
        CrontabError: an item cannot be said in a crontab: a function, an identifier with a dot.
    """
    wanted = tuple(items)
    text = "".join(f"{_render(item)}\n" for item in wanted)
    if parse_crontab(text, source="the rendered crontab") != wanted:
        raise CrontabError("the items cannot be said in a crontab: it would be read differently")
    return text


def _render(item: CronItem) -> str:
    seconds = item.backfill_period / timedelta(seconds=1)
    mode = item.job_key_mode
    options = {
        "id": item.identifier if item.identifier != item.task_identifier else None,
        "fill": f"{int(seconds) if seconds.is_integer() else seconds}s" if seconds else None,
        "max": item.max_attempts,
        "queue": item.queue_name,
        "jobKey": item.job_key,
        "jobKeyMode": None if mode == default_mode(item.job_key, None) else mode,
        "priority": item.priority,
    }
    query = "&".join(
        f"{key}={quote(str(value), safe='')}" for key, value in options.items() if value is not None
    )
    parts = [str(item.match), item.task_identifier, f"?{query}" if query else ""]
    if item.payload is not None:
        parts.append(payload_text(item.payload))
    return " ".join(filter(None, parts))
