"""Workers that are known to be wrong, to show that the checker finds them out.

Each mutant of kongtask is a copy of the package in a folder of its own, with one piece of source
replaced. The other one is a published version of Graphile Worker.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import kongtask
from kongtask.worker.life.options import Mode

from .checker import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A copy of kongtask with a fault.

    Attributes:
        name: what is wrong with it.
        file: the file that is different, in the package.
        old: what stands there once.
        new: what is there instead.
        faults: those under which it shows.
        long, transactional, limited: the shares of jobs that are.
        found: what the checker must say of it, among other things.
        mode: how its workers prove their life.
    """

    name: str
    file: str
    old: str
    new: str
    faults: tuple[str, ...]
    found: Kind
    mode: Mode = "lock"
    long: float = 0.08
    transactional: float = 0.25
    limited: float = 0.0


MUTANTS = (
    Mutant(
        name="fence removed",
        file="worker/claiming/sql/complete.sql",
        old="    and jobs.locked_by = %(pool_id)s\n"
        "    and jobs.locked_at = any(%(moments)s::timestamptz[])\n",
        new="    and (%(moments)s::timestamptz[] is not null)\n",
        faults=("stop",),
        found=Kind.STALE,
        mode="heartbeat",
        long=0.4,
        transactional=0.0,
    ),
    Mutant(
        name="fence of transactions removed",
        file="worker/transactional/sql/end_job.sql",
        old="    and jobs.locked_by = $2::text\n"
        "    and jobs.locked_at = any($3::text[]::timestamptz[])\n",
        new="    and ($2::text, $3::text[]) is not null\n",
        faults=("stop",),
        found=Kind.STALE,
        mode="heartbeat",
        long=0.4,
        transactional=1.0,
    ),
    Mutant(
        name="await dropped",
        file="worker/execution/executor.py",
        old="return await task.function(**task.signature.bind(payload, context))",
        new="return asyncio.ensure_future(task.function(**task.signature.bind(payload, context)))",
        faults=(),
        found=Kind.UNENDED,
    ),
    Mutant(
        name="serial filter removed",
        file="worker/claiming/sql/claim.sql",
        old="select distinct on (reach.job_queue_id) reach.*",
        new="select reach.*",
        faults=(),
        found=Kind.OVERLAP,
    ),
    Mutant(
        name="recovery without fence",
        file="worker/life/sql/recover.sql",
        old="where dead.mode = 'heartbeat'\n"
        "    or pg_catalog.pg_try_advisory_xact_lock(%(namespace)s::int, dead.lock_key)",
        new="where %(namespace)s::int is not null",
        faults=("stop",),
        found=Kind.ALIVE,
    ),
    Mutant(
        name="lost answers given up",
        file="worker/connections/retries.py",
        old='LOST_CLASSES = ("08", "57P", "53", "25006")',
        new='LOST_CLASSES = ("none",)',
        faults=("terminate",),
        found=Kind.ENDED,
    ),
    Mutant(
        name="held permits ignored",
        file="worker/limits/claims.py",
        old="                free[name, key] -= count\n",
        new="                pass\n",
        faults=(),
        found=Kind.EXCEEDED,
        transactional=0.0,
        limited=0.8,
    ),
)


@contextmanager
def source_of(mutant: Mutant) -> Iterator[Path]:
    """Make the copy, in a folder that can be put before the package on the path.

    Raises:
        AssertionError: the package has changed, and the mutant no longer fits.
    """
    package = Path(kongtask.__file__).parent
    with TemporaryDirectory(prefix="kongtask-mutant-") as folder:
        copy = Path(folder) / package.name
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / mutant.file
        text = file.read_text(encoding="utf-8")
        assert text.count(mutant.old) == 1, f"{mutant.name}: {mutant.file} is different now"
        file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        yield Path(folder)
