"""For the tests of projects that use kongtask: a database, a queue, and what was added to it.

pytest loads :mod:`kongtask.testing.plugin` by itself where kongtask is installed; so nothing else
is imported here before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kongtask.testing.queue import TestQueue
else:

    def __getattr__(name: str) -> object:
        if name != "TestQueue":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from kongtask.testing.queue import TestQueue

        return TestQueue


__all__ = ["TestQueue"]
