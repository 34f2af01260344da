"""What is wrong in a crontab, and where: collected first, told all at once."""

from __future__ import annotations

from typing import Never

from msgspec import Struct

from kongtask.errors import CrontabError
from kongtask.place import find_place

#: What is longer is shown in part; its place shows more of it.
_LONGEST_QUOTE = 40


class Faults:
    """The faults of one text.

    Args:
        source: what to call the text: the path of a file, for instance.
        text: the whole text.
    """

    def __init__(self, source: str, text: str) -> None:
        self._source = source
        self._text = text
        self._found: list[_Fault] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, offset: int, reason: str) -> None:
        """Note a fault.

        Args:
            offset: the character of the text that is wrong.
            reason: a sentence that says what to write instead.
        """
        self._found.append(_Fault(offset=offset, reason=reason))

    def line_of(self, offset: int) -> int:
        """Return the line of a character, from 1."""
        return self._text.count("\n", 0, offset) + 1

    def fail(self) -> Never:
        """Raise an error that shows every fault in its place.

        Raises:
            CrontabError: always.
        """
        count = len(self._found)
        lines = [f"{self._source} has {count} {'fault' if count == 1 else 'faults'}"]
        faults = []
        for fault in sorted(self._found, key=lambda fault: fault.offset):
            place = find_place(self._source, self._text, fault.offset)
            faults.append((place.line, place.column, fault.reason))
            lines += [fault.reason, place.picture()]
        raise CrontabError("\n".join(lines), faults=tuple(faults))


def quoted(text: str) -> str:
    """Return a part of the text for a sentence: in quotes, cut where it is long."""
    return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…")


class _Fault(Struct, frozen=True, kw_only=True):
    offset: int
    reason: str
