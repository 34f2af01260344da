"""What the Rust port of Graphile Worker means by its revision 20.

Its row in the ledger has the number of Graphile Worker's, but it leaves the functions as they were
at 19, and brings a registry of workers.
"""

from __future__ import annotations

from typing import Final

REVISION: Final = 20

#: The table by which the registry is known.
REGISTRY: Final = "_private_workers"

#: The registry's functions.
FUNCTIONS: Final = frozenset({
    "worker_heartbeat", "worker_deregister", "list_stale_workers", "list_orphan_locked_workers",
    "recover_dead_worker_jobs", "delete_stale_workers",
})  # fmt: skip
