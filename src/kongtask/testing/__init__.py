"""For the tests of projects that use kongtask: a database, a queue, and what was added to it.

pytest loads :mod:`kongtask.testing.plugin` by itself where kongtask is installed; so nothing else
is imported here before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kongtask.testing.outcomes import Outcome
    from kongtask.testing.queue import TestQueue
else:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from kongtask.testing import outcomes, queue

        return outcomes.Outcome if name == "Outcome" else queue.TestQueue


__all__ = ["Outcome", "TestQueue"]
