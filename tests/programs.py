"""Running kongtask's programs as a user does: as processes, with an environment of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]

#: What a shell would offer: the programs of this environment, and nothing that names a server.
ENVIRON = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    "HOME": os.environ.get("HOME", "/"),
    "LANG": "C.UTF-8",
}


def run(
    *command: str | Path,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    stdin: str | None = None,
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return what it printed.

    Args:
        command: the program and its arguments; ``kongtask`` and ``schema-dump`` are on the PATH.
        cwd: the working folder.
        environ: variables on top of :data:`ENVIRON`.
        stdin: what to type.
        timeout: seconds.
    """
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**ENVIRON, **(environ or {})},
        input=stdin if stdin is not None else "",
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
