"""``python -m kongtask.migrate``: check the manifests of a checkout, or write them."""

from __future__ import annotations

import sys
from pathlib import Path

from kongtask.migrate.manifest import MANIFEST_FILE, render_manifest
from kongtask.names import EXTENSION_SCHEMA


def main(arguments: list[str]) -> int:
    """Compare the manifest with the files, or write it; return an exit code."""
    top = Path(__file__).with_name("sql")
    folders = (top, top / EXTENSION_SCHEMA)
    return max(_check(folder, is_write=arguments == ["--write-manifest"]) for folder in folders)


def _check(folder: Path, *, is_write: bool) -> int:
    manifest, rendered = folder / MANIFEST_FILE, render_manifest(folder)
    if is_write:
        manifest.write_text(rendered, encoding="utf-8", newline="\n")
        return 0
    if manifest.exists() and manifest.read_text(encoding="utf-8") == rendered:
        return 0
    sys.stderr.write(f"{manifest} does not fit the files; --write-manifest records them\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
