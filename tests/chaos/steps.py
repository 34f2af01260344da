"""Every await point of the worker, and ending the process at one of them.

Nothing of this is in the product: tasks of the event loop are wrapped by its task factory, and each
time one is suspended or goes on, its chain of coroutines says at which await each of them stands.
"""

from __future__ import annotations

import asyncio
import dis
import inspect
import os
import pkgutil
import random
import signal
from collections.abc import Callable, Collection, Coroutine, Generator, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from types import CodeType
from typing import Any, Literal, NamedTuple, get_args

import kongtask.worker

#: Whether the process ends when an await has begun, or when it is over and nothing has followed.
Side = Literal["suspended", "resumed"]


#: The share of processes that may die where others have died before.
_SHARE_OF_KNOWN = 0.2

#: What applications and tasks call, not what the worker does.
_LEFT_OUT = frozenset({"kongtask.worker.app", "kongtask.worker.tasks.context"})


class Place(NamedTuple):
    """An await point, and a side of it."""

    point: str
    side: Side


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """An await in a function of the worker's.

    Attributes:
        function: module and qualified name.
        line: where it stands.
    """

    function: str
    line: int

    def __str__(self) -> str:
        return f"{self.function}:{self.line}"


@lru_cache(maxsize=1)
def all_points() -> tuple[Point, ...]:
    """Return every await of the worker, read from its byte code."""
    found = set()
    for module in pkgutil.walk_packages(kongtask.worker.__path__, "kongtask.worker."):
        if module.name in _LEFT_OUT:
            continue
        file = import_module(module.name).__file__
        assert file is not None
        with open(file, encoding="utf-8") as source:  # noqa: PTH123 -- nothing to join
            code = compile(source.read(), file, "exec")
        for function in _functions(code):
            if function.co_flags & inspect.CO_COROUTINE:
                found |= {
                    Point(f"{module.name}.{function.co_qualname}", step.positions.lineno or 0)
                    for step in dis.get_instructions(function)
                    if step.opname == "SEND" and step.positions is not None
                }
    return tuple(sorted(found))


@lru_cache(maxsize=1)
def all_places() -> tuple[Place, ...]:
    """Return both sides of every await of the worker."""
    return tuple(Place(str(point), side) for point in all_points() for side in get_args(Side))


def next_death(rng: random.Random, reached: Collection[Place]) -> tuple[list[Place], int]:
    """Choose at which places a process dies, and at the how-manieth that it comes to.

    They are those at which none has died yet, all or some of them; at times, they are any.

    Args:
        rng: chooses.
        reached: the places at which others have died.
    """
    is_any = rng.random() < _SHARE_OF_KNOWN
    places = [place for place in all_places() if is_any or place not in reached]
    chosen = rng.sample(places, round(len(places) * rng.choice([0.2, 1.0])))
    return chosen, rng.choice([1, 1, 1, 2, 4, 16])


def kill_at(
    places: Collection[Place], times: int, on_death: Callable[[list[Place], set[str]], None]
) -> None:
    """Let the running event loop end this process with SIGKILL at one of some places.

    Args:
        places: the places.
        times: at the how-manieth time that it comes to one of them.
        on_death: told right before the end where it is, and which points it has ever waited at: an
            await that waits for another one's end stands where that stands.
    """
    left, wanted, seen = times, frozenset(places), set[str]()

    def look(chain: Coroutine[Any, Any, Any], now: Side) -> None:
        nonlocal left
        here = [Place(point, now) for point in _standing_at(chain)]
        seen.update(place.point for place in here)
        if not wanted.isdisjoint(here):
            left -= 1
            if left <= 0:
                on_death(here, seen)
                os.kill(os.getpid(), signal.SIGKILL)

    def make_task(loop: asyncio.AbstractEventLoop, work: Any, **how: Any) -> asyncio.Task[Any]:
        return asyncio.Task(_Watched(work, look), loop=loop, **how)

    asyncio.get_running_loop().set_task_factory(make_task)


class _Watched(Coroutine[Any, Any, Any]):
    """A coroutine that tells when it is suspended and when it goes on."""

    def __init__(
        self, work: Coroutine[Any, Any, Any], look: Callable[[Coroutine[Any, Any, Any], Side], None]
    ) -> None:
        self._work, self._look, self._has_begun = work, look, False
        self.__name__ = getattr(work, "__name__", type(work).__name__)
        self.__qualname__ = getattr(work, "__qualname__", self.__name__)

    def send(self, value: Any) -> Any:
        if self._has_begun:
            self._look(self._work, "resumed")
        self._has_begun = True
        awaited = self._work.send(value)
        self._look(self._work, "suspended")
        return awaited

    def throw(self, *error: Any) -> Any:
        awaited = self._work.throw(*error)
        self._look(self._work, "suspended")
        return awaited

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._work.__await__()


def _standing_at(work: Any) -> Iterator[str]:
    """Yield the awaits at which a suspended chain of coroutines stands, the outermost first."""
    while work is not None:
        frame = getattr(work, "cr_frame", None)
        if frame is not None:
            function = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}"
            yield f"{function}:{_line(frame.f_code, frame.f_lasti)}"
        work = getattr(work, "cr_await", None)


@cache
def _line(code: CodeType, offset: int) -> int:
    positions = list(code.co_positions())
    return positions[offset // 2][0] or 0


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _functions(constant)
