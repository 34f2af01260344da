"""Do the jobs get on: stuck queues, overdue and failed jobs, tasks that nobody has?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kongtask.jobs import find_pauses
from kongtask.monitoring.doctor.diagnosis import Diagnosis
from kongtask.monitoring.doctor.look import Look, jobs
from kongtask.monitoring.doctor.owners import is_like_nodes, unknown_owners
from kongtask.names import qualify, quote_literal
from kongtask.rules import Level

#: How many tasks are named in one finding.
_NAMED = 5


def examine_queues(look: Look) -> Iterator[Diagnosis]:
    """Look for queues that have been locked for long while others wait."""
    statistics = look.statistics
    if statistics is None:
        return
    alive = {pool.pool_id for pool in look.pools_in("alive", "late")}
    for name, since, owner, running, waiting in look.rows(
        "long_locked_queues", _interval(look.thresholds.stuck), str(statistics.sampled * 100)
    ):
        subject = f"queue {name}"
        until_now = f'the queue "{name}" has been locked by {owner} since {since:%Y-%m-%d %H:%M%z}'
        if not running and not statistics.is_estimate:
            table = qualify(look.schema, "_private_job_queues")
            free = (
                f"update {table} set locked_at = null, locked_by = null where queue_name = "
                f"{quote_literal(name)} and locked_by = {quote_literal(owner)}"
            )
            yield Diagnosis.of(
                "queue-stuck",
                f"{until_now}, and nobody executes a job of it: {jobs(waiting)} of it cannot run",
                f"free it: {free if owner in alive else look.command('unlock', owner)}",
                subject=subject,
            )
        elif waiting:
            yield Diagnosis.of(
                "queue-stuck",
                f"{until_now}, and "
                f"{jobs(waiting, 'waits', 'wait', is_estimate=statistics.is_estimate)} for the one "
                "that is executed",
                f"see which it is: {look.command('jobs list --state locked --queue', name)}; if "
                f"its worker is no more: {look.command('unlock', owner)}",
                subject=subject,
            )


def examine_waiting(look: Look) -> Iterator[Diagnosis]:
    """Look for jobs that nobody will run, as far as pools have registered."""
    statistics = look.statistics
    if statistics is None or look.pools is None:
        return
    may_be_nodes = any(is_like_nodes(owner) for owner in unknown_owners(look))
    level = Level.NOTE if may_be_nodes else None
    but = "; workers of Node do not register, and there seem to be some" if may_be_nodes else ""
    live = look.pools_in("alive", "late")
    if not live:
        if statistics.due:
            yield Diagnosis.of(
                "no-live-pool",
                f"{'more than ' if statistics.has_more_due else ''}"
                f"{jobs(statistics.due, 'is', 'are')} due, and no pool of workers is alive{but}",
                "start a worker: kongtask run --app MODULE:APP",
                level=level,
            )
        return
    known = {task for pool in live for task in pool.tasks}
    lost = [
        task for task in statistics.tasks
        if task.task_identifier not in known and task.waiting + task.retrying
    ]  # fmt: skip
    for task in lost[:_NAMED]:
        count = task.waiting + task.retrying
        yield Diagnosis.of(
            "task-without-pool",
            f"{jobs(count, 'waits', 'wait', is_estimate=statistics.is_estimate)} for the task "
            f'"{task.task_identifier}", and no live pool has it{but}',
            "run a worker whose application has the task; or, if it is gone for good, fail them: "
            f"{look.command('jobs list --task', task.task_identifier)}",
            subject=f"task {task.task_identifier}",
            level=level,
        )
    if len(lost) > _NAMED:
        yield Diagnosis.of(
            "task-without-pool",
            f"jobs wait for {len(lost) - _NAMED} more tasks that no live pool has{but}",
            "see what waits: " + look.command("jobs list --state waiting"),
            level=level,
        )


def examine_oldest(look: Look) -> Iterator[Diagnosis]:
    """Look for a job that has been due for long."""
    statistics = look.statistics
    if statistics is None or statistics.oldest is None:
        return
    oldest = statistics.oldest
    if statistics.oldest_age <= look.thresholds.overdue.total_seconds():
        return
    queue = f', of the queue "{oldest.queue_name}",' if oldest.queue_name else ""
    yield Diagnosis.of(
        "jobs-overdue",
        f'job {oldest.id} for "{oldest.task_identifier}"{queue} has been due since '
        f"{oldest.run_at:%Y-%m-%d %H:%M:%S%z}, and nobody has begun it",
        "if workers are busy, add some, or raise their concurrency; whether more jobs come than "
        f"are finished shows: {look.command('top')}",
        subject=f"job {oldest.id}",
    )


def examine_pauses(look: Look) -> Iterator[Diagnosis]:
    """Look for what is paused."""
    for pause in find_pauses(look.connection, schema=look.schema):
        name = (pause.name,) if pause.name else ()
        what = f'the {pause.kind} "{pause.name}"' if pause.name else "everything"
        resume = look.command(f"resume --{pause.kind}", *name)
        yield Diagnosis.of(
            "paused",
            f"{what} has been paused since {pause.paused_at:%Y-%m-%d %H:%M:%S%z}, so no job of it "
            "begins",
            f"when it is time to go on: {resume}",
            subject=f"{pause.kind} {pause.name}".rstrip(),
        )


def examine_failed(look: Look) -> Iterator[Diagnosis]:
    """Count the jobs that are out of attempts."""
    statistics = look.statistics
    if statistics is None or not statistics.jobs.failed:
        return
    failed = statistics.jobs.failed
    tasks = sorted(statistics.tasks, key=lambda task: -task.failed)
    named = ", ".join(
        f"{task.task_identifier} ({task.failed:,})" for task in tasks[:_NAMED] if task.failed
    )
    yield Diagnosis.of(
        "failed-jobs",
        f"{jobs(failed, 'is', 'are', is_estimate=statistics.is_estimate)} out of attempts and will "
        f"not run again by {'itself' if failed == 1 else 'themselves'}: {named}",
        f"see why: {look.command('jobs list --state failed')}; let them run again with "
        f"{look.command('jobs retry ID…')}, or delete them all with "
        f"{look.command('cleanup DELETE_PERMAFAILED_JOBS')}",
        level=Level.WARNING if failed > look.thresholds.failed_jobs else None,
    )


def _interval(span: timedelta) -> str:
    return f"{span.total_seconds()} seconds"
