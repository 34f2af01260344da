"""Are the tables in good shape?"""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.monitoring.doctor.diagnosis import Diagnosis
from kongtask.monitoring.doctor.look import Look, first_of
from kongtask.names import qualify


def examine_vacuum(look: Look) -> Iterator[Diagnosis]:
    """Look for dead rows that nobody removes."""
    if look.is_standby:
        yield Diagnosis.of(
            "not-examined",
            "dead rows could not be counted: a standby does not count them",
            "ask the primary",
        )
        return
    now = look.clock()
    for name, live, dead, vacuumed in look.rows("tables", look.schema, look.extension):
        is_long_ago = vacuumed is None or now - vacuumed > look.thresholds.vacuum_age
        if dead <= max(live, look.thresholds.dead_rows) or not is_long_ago:
            continue
        when = f"since {vacuumed:%Y-%m-%d %H:%M:%S%z}" if vacuumed else "ever"
        yield Diagnosis.of(
            "table-not-vacuumed",
            f"the table {name} has {dead:,} dead rows beside {live:,} live ones (estimates), and "
            f"no vacuum has run {when}",
            f"run: vacuum (analyze) {name}; then see why autovacuum does not: "
            "show autovacuum, old transactions, replication slots",
            subject=f"table {name}",
        )


def examine_bloat(look: Look) -> Iterator[Diagnosis]:
    """Look how much of the table of jobs, and of its index, is in use."""
    statistics = look.statistics
    if statistics is None:
        return
    limits = look.thresholds
    row_bytes, index_bytes = first_of(
        look.rows("table_fill", look.schema, str(statistics.sampled * 100))
    )
    table = qualify(look.schema, "_private_jobs")
    size = statistics.table_bytes
    if size > limits.large_bytes and row_bytes < limits.fill * size:
        yield Diagnosis.of(
            "table-bloated",
            f"about {row_bytes / size:.0%} of the {_megabytes(size)} of the table {table} are in "
            "use; new jobs will fill it again, but all that reads the whole table is slow",
            f"at a quiet time, since it locks the table: vacuum (full, analyze) {table}; or use "
            "pg_repack, which does not",
            subject=f"table {table}",
        )
    jobs = statistics.jobs
    entries = jobs.waiting + jobs.scheduled + jobs.retrying
    if index_bytes and index_bytes > max(limits.large_bytes, limits.index_bytes * entries):
        index = qualify(look.schema, "jobs_main_index")
        yield Diagnosis.of(
            "index-bloated",
            f"the index {index}, which claims use, has {_megabytes(index_bytes)} for {entries:,} "
            "jobs, so claims are slow",
            f"run: reindex index concurrently {index}",
            subject=f"index {index}",
        )


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:,.0f} MB"
