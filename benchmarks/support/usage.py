"""What processes have used so far, as Linux counts it: CPU to the hundredth of a second, memory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time of processes, of all their threads."""
    return sum(sum(_times(pid)[:2]) for pid in pids)


def server_cpu_seconds(postmaster: int) -> float:
    """Return the CPU time of a whole server: what runs, and what has ended since it began."""
    return sum(_times(postmaster)) + cpu_seconds(_children(postmaster))


def memory_peak(pid: int) -> float:
    """Return the most memory that a process has had resident, in megabytes."""
    return _memory(pid, "VmHWM")


def memory_now(pid: int) -> float:
    """Return the memory that a process has resident, in megabytes."""
    return _memory(pid, "VmRSS")


def _times(pid: int) -> list[float]:
    """Return user and system time, then those of children that were waited for."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return [0.0] * 4  # it has ended; its parent has its time
    fields = text.rpartition(")")[2].split()
    return [int(field) / _TICKS for field in fields[11:15]]


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def _memory(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)
