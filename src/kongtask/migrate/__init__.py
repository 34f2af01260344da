"""The migration engine: numbered SQL files, a schema, and the ledger of what has been applied."""

from kongtask.migrate.engine import LOCK_TIMEOUT, Outcome, migrate
from kongtask.migrate.events import (
    Applied,
    Connected,
    Event,
    Noticed,
    Overtaken,
    Report,
    Resumed,
    Started,
    Waiting,
    Warned,
)
from kongtask.migrate.extension import install_extension
from kongtask.migrate.files import (
    Migration,
    MigrationSet,
    extension_migrations,
    load_migrations,
    worker_migrations,
)
from kongtask.migrate.plan import check_target_schema
from kongtask.migrate.script import dry_run
from kongtask.migrate.status import MigrationStatus, State, Status, status

__all__ = [
    "LOCK_TIMEOUT",
    "Applied",
    "Connected",
    "Event",
    "Migration",
    "MigrationSet",
    "MigrationStatus",
    "Noticed",
    "Outcome",
    "Overtaken",
    "Report",
    "Resumed",
    "Started",
    "State",
    "Status",
    "Waiting",
    "Warned",
    "check_target_schema",
    "dry_run",
    "extension_migrations",
    "install_extension",
    "load_migrations",
    "migrate",
    "status",
    "worker_migrations",
]
