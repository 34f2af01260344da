"""The application: tasks, and the ways to run them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, overload

from kongtask.database.connection import Target
from kongtask.worker.events import Emitter, Event
from kongtask.worker.options import WorkerOptions
from kongtask.worker.runner import Runner
from kongtask.worker.tasks import Middleware, TaskList, make_task

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=Event)


class App:
    """Tasks and how to run them.

    Args:
        conninfo: the database, as libpq takes it; without one, what the environment names.
        options: how workers work.
    """

    def __init__(
        self, conninfo: str | None = None, *, options: WorkerOptions | None = None
    ) -> None:
        self.conninfo = conninfo
        self.options = options or WorkerOptions()
        self.tasks = TaskList()
        self.emitter = Emitter()
        self._middleware: list[Middleware] = []

    @overload
    def task(self, function: Callable[P, R], /) -> Callable[P, R]: ...

    @overload
    def task(
        self, identifier: str | None = None, /, *, process: bool = False
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def task(
        self, given: Callable[P, R] | str | None = None, /, *, process: bool = False
    ) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
        """Make a function a task; it stays what it is, and can be called as before.

        Async functions run in the event loop, others in a thread. Type hints say what a payload is:
        it is decoded and checked before the function is called.

        Args:
            given: the identifier that jobs have; the function's name if there is none.
            process: run an ordinary function in a process of its own, because it keeps a CPU busy.

        Raises:
            UsageError: the identifier is taken, or the function cannot be a task.
        """

        def add(function: Callable[P, R]) -> Callable[P, R]:
            identifier = given if isinstance(given, str) else function.__name__
            self.tasks.add(make_task(identifier, function, is_process=process))
            return function

        return add(given) if callable(given) else add

    def middleware(self, function: Middleware) -> Middleware:
        """Call an async function around each job: it takes the context and what to call next."""
        self._middleware.append(function)
        return function

    def on(self, kind: type[E], listener: Callable[[E], None]) -> Callable[[], None]:
        """Tell a listener of a class of events; returns a function that ends it."""
        return self.emitter.on(kind, listener)

    def runner(self, conninfo: str | Target | None = None, **changes: Any) -> Runner:
        """Return a worker that is not running yet.

        Args:
            conninfo: instead of the application's.
            changes: attributes of :class:`WorkerOptions` that are to be different.
        """
        return Runner(
            self.tasks,
            conninfo if conninfo is not None else self.conninfo,
            options=self.options,
            emitter=self.emitter,
            middleware=self._middleware,
            **changes,
        )

    async def run(self, conninfo: str | None = None, **changes: Any) -> None:
        """Work until stopped by a signal; see :meth:`runner`."""
        await self.runner(conninfo, **changes).run()

    async def run_once(self, conninfo: str | None = None, **changes: Any) -> None:
        """Work until nothing is due; see :meth:`runner`."""
        await self.runner(conninfo, **changes).run_once()

    def run_blocking(self, conninfo: str | None = None, **changes: Any) -> None:
        """Work until stopped by a signal, in an event loop of its own."""
        asyncio.run(self.run(conninfo, **changes))
