"""Where pages are, how one leads to another, and names as a line can hold them."""

from __future__ import annotations

import posixpath
from functools import lru_cache
from urllib.parse import quote

from kongtask.schema.docs.view import Entry, Reference
from kongtask.schema.model import Ref


class Links:
    """The pages of one format.

    Args:
        reference: what they are about.
        ending: of their names, with the dot.
    """

    def __init__(self, reference: Reference, ending: str) -> None:
        self._entries = {entry.ref: entry for entry in reference.entries}
        self._latest = reference.latest
        self._ending = ending

    def entry(self, ref: Ref) -> Entry | None:
        """Return an object by its last name, or None for one without a page."""
        return self._entries.get(ref)

    def path(self, entry: Entry, number: int | None = None) -> str:
        """Return where the page of an object is, as it is at a revision.

        The last page that an object had is at its plain path, so that links to it stay; of an
        earlier one the path has the revision from which on it holds.

        Args:
            entry: the object.
            number: the revision; the last if None.
        """
        made = [version for version in entry.versions if version.page is not None]
        last = made[-1]
        found = last
        for version in made:
            if number is not None and version.number <= number:
                found = version
        if number is None or found is last:
            return f"{entry.path}{self._ending}"
        return f"{entry.path}@{found.number:06}{self._ending}"


@lru_cache(maxsize=4096)
def relative(target: str, start: str) -> str:
    """Return the address of a file as another one names it.

    Args:
        target: its path, perhaps with an anchor behind ``#``.
        start: the path of the file that has the link.
    """
    path, sharp, anchor = target.partition("#")
    found = posixpath.relpath(path, posixpath.dirname(start) or ".")
    return quote(found, safe="/@~-._") + (f"#{quote(anchor)}" if sharp else "")


def one_line(text: str) -> str:
    """Return a name with what no line can hold written as escapes."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
