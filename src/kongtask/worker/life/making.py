"""Making the schema beside the worker schema where a worker does not find it."""

from __future__ import annotations

import logging

from kongtask.database.connection import Target
from kongtask.errors import KongtaskError

_log = logging.getLogger("kongtask.worker")


def make_schema(target: Target, worker_schema: str) -> bool:
    """Make the schema, or bring it up to date; return whether it can be used now."""
    # Imported where there is something to do: it takes a fifth of a worker's start.
    from kongtask.migrate import install_extension

    try:
        extension = install_extension(target, worker_schema)
    except KongtaskError as error:
        _log.info("%s", error)
        return False
    if extension.problem is not None:
        _log.info("%s", extension.problem)
    return extension.problem is None
