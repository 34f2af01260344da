"""Which proof of life a pool gives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from kongtask.database.connection import Target
from kongtask.worker.control import Control
from kongtask.worker.events import Emitter
from kongtask.worker.life.life import Life, PoolFacts
from kongtask.worker.options import WorkerOptions
from kongtask.worker.tasks.task import Task


def make_life(
    target: Target,
    pool_id: str,
    tasks: Mapping[str, Task],
    options: WorkerOptions,
    emitter: Emitter,
    *,
    control: Control,
    on_fenced: Callable[[], None],
    on_freed: Callable[[int], None],
    on_beat: Callable[[], Awaitable[None]],
) -> Life | None:
    """Return a pool's proof of life, or None where the options want none."""
    if options.life is None:
        return None
    facts = PoolFacts(
        pool_id=pool_id,
        worker_schema=options.schema,
        tasks=sorted(tasks),
        given_back_tasks=sorted(name for name, task in tasks.items() if not task.is_death_counted),
        is_behind_pooler=not (options.prepared_statements and options.listen),
    )
    return Life(
        target, facts, options.life, control, emitter,
        answer_timeout=options.answer_timeout, on_fenced=on_fenced, on_freed=on_freed,
        on_beat=on_beat,
    )  # fmt: skip
