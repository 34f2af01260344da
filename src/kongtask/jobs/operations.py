"""Operations as functions that take a connection of any driver, sync or async."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, Generic, ParamSpec, overload

from kongtask.jobs.drivers import AsyncConnection, SyncConnection, perform
from kongtask.jobs.statements import Steps, T

P = ParamSpec("P")


class Operation(Generic[P, T]):
    """A function of a connection and the arguments of the operation that it performs.

    On a sync connection it returns the result, on an async one an awaitable of it. It works in the
    transaction that the connection is in.

    Args:
        steps: checks the arguments and returns the operation; decorated with this class.
    """

    def __init__(self, steps: Callable[P, Steps[T]]) -> None:
        self.steps = steps
        functools.update_wrapper(self, steps)

    @overload
    def __call__(self, connection: SyncConnection, /, *args: P.args, **options: P.kwargs) -> T: ...
    @overload
    def __call__(
        self, connection: AsyncConnection, /, *args: P.args, **options: P.kwargs
    ) -> Awaitable[T]: ...
    def __call__(self, connection: Any, /, *args: P.args, **options: P.kwargs) -> T | Awaitable[T]:
        """Perform the operation on a connection."""
        result: T | Awaitable[T] = perform(connection, self.steps(*args, **options))
        return result
