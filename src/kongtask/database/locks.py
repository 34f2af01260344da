"""Numbers of advisory locks."""

from __future__ import annotations

import hashlib


def lock_number(text: str) -> int:
    """Return a number of 32 bits that stands for a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big", signed=True)


def pools_namespace(worker_schema: str) -> int:
    """Return the first number of the locks that the pools of a worker schema hold."""
    return lock_number(f"kongtask pools {worker_schema}")
