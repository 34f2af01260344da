"""Who has locked jobs: pools that live, pools that are dead, and those whom nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from kongtask.jobs.pauses import PAUSER
from kongtask.monitoring.doctor.diagnosis import Diagnosis
from kongtask.monitoring.doctor.look import Look, jobs

#: What Graphile Worker's pools are called, of a worker that stays and of one that runs once.
_POOL = re.compile(r"(ot)?pool-[0-9a-f]{18}")

#: Before its version 0.17, jobs were locked by single workers.
_WORKER = re.compile(r"worker-[0-9a-f]{18}")


def is_like_nodes(owner: str) -> bool:
    """Tell whether somebody who has not registered may be a worker of Node."""
    return bool(_POOL.fullmatch(owner) or _WORKER.fullmatch(owner))


def unknown_owners(look: Look) -> dict[str, datetime]:
    """Return who has locked jobs or queues and is not registered, and since when."""
    statistics = look.statistics
    if statistics is None:
        return {}
    registered = {pool.pool_id for pool in look.pools or ()}
    found = {holder.pool_id: holder.locked_at for holder in statistics.holders.values()}
    for owner, since in look.rows("queue_owners", PAUSER):
        found[owner] = min(since, found.get(owner, since))
    return {owner: since for owner, since in sorted(found.items()) if owner not in registered}


def examine_owners(look: Look) -> Iterator[Diagnosis]:
    """Look for locks whose owner is not registered."""
    statistics = look.statistics
    if statistics is None:
        return
    for owner, since in unknown_owners(look).items():
        holder = statistics.holders.get(owner)
        count = jobs(holder.jobs if holder else 0, is_estimate=statistics.is_estimate)
        locked = f"{owner} has locked {count} since {since:%Y-%m-%d %H:%M:%S%z}"
        unlock = look.command("unlock", owner)
        if statistics.taken_at - since > look.thresholds.lock_expiry:
            yield Diagnosis.of(
                "lock-expired",
                f"{locked}, which counts as abandoned, and no worker has freed it",
                f"free it: {unlock}; and start a worker, which does so by itself",
                subject=f"pool {owner}",
            )
        elif look.pools is not None:
            yield Diagnosis.of(
                "unknown-owner",
                f"{locked} and is not registered{_looks_like(owner)}",
                f"if it is no more: {unlock}",
                subject=f"pool {owner}",
            )


def examine_pools(look: Look) -> Iterator[Diagnosis]:
    """Look for pools that are dead and not recovered, or that say nothing."""
    now = look.statistics.taken_at if look.statistics else look.clock()
    for pool in look.pools_in("dead", "late"):
        silence = now - pool.last_seen_at
        if look.is_standby or silence < look.thresholds.silence:
            continue
        who = f"the pool {pool.pool_id} on {pool.host} (process {pool.process_id})"
        heard = f"was heard of last at {pool.last_seen_at:%Y-%m-%d %H:%M:%S%z}"
        subject = f"pool {pool.pool_id}"
        if pool.state == "dead":
            yield Diagnosis.of(
                "pool-dead",
                f"{who} is dead: it {heard}, and nobody has freed its jobs",
                "start a worker, which frees them within seconds; or: "
                f"{look.command('unlock', pool.pool_id)}",
                subject=subject,
            )
        else:
            yield Diagnosis.of(
                "pool-late",
                f"{who} {heard}, though its connection is still there: it is stopped, or a task "
                "blocks its event loop; it keeps its jobs",
                f"look at it on {pool.host}; if it does not come back: kill -9 {pool.process_id}",
                subject=subject,
            )


def _looks_like(owner: str) -> str:
    if _POOL.fullmatch(owner):
        return (
            "; the id looks like a pool of Node's Graphile Worker, or of a kongtask that runs once "
            "or cannot use its own schema"
        )
    if _WORKER.fullmatch(owner):
        return "; the id looks like a worker of Node's Graphile Worker before its version 0.17"
    return "; the id is neither kongtask's nor of the form that Node's Graphile Worker uses"
