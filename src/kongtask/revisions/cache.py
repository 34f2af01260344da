"""What replays have found, kept on disk by the sums of the migrations that made it.

A cache may be deleted at any time. A damaged or foreign file in it is as good as none.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from functools import lru_cache
from importlib import resources
from pathlib import Path

import platformdirs

from kongtask.errors import DocumentError, FileFailedError
from kongtask.files import write_bytes
from kongtask.migrate import MigrationSet
from kongtask.schema import decode, encode
from kongtask.schema.model import Database

#: Seconds after which an entry that nobody has asked for is removed.
_LIFETIME = 90 * 24 * 3600


class Cache:
    """A folder of models, by key.

    Args:
        folder: where they are; the user's cache folder if None.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or platformdirs.user_cache_path("kongtask") / "revisions"

    def keys(self, migrations: MigrationSet, schema: str, version: int) -> tuple[str, ...]:
        """Return a key for each revision of a set: the same only if it makes the same schema.

        Args:
            migrations: the set; each key depends on all files up to it.
            schema: the schema's name.
            version: the major version of the server.
        """
        sum_ = hashlib.sha256(f"{_reader_sum()}\n{version}\n{schema!r}\n".encode())
        found = []
        for migration in migrations.migrations:
            sum_.update(f"{migration.number} {migration.sha256}\n".encode())
            found.append(sum_.hexdigest())
        return tuple(found)

    def get(self, key: str) -> Database | None:
        """Return what is known under a key, or None."""
        path = self._path(key)
        try:
            content = zlib.decompress(path.read_bytes())
            path.touch()
            return decode(content)
        except (OSError, zlib.error, DocumentError):
            return None

    def put(self, key: str, database: Database) -> None:
        """Keep a model; a folder that cannot be written to keeps nothing."""
        try:
            write_bytes(self._path(key), zlib.compress(encode(database).encode()))
            self._sweep()
        except (FileFailedError, OSError):
            return

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.z"

    def _sweep(self) -> None:
        oldest = time.time() - _LIFETIME
        for path in self._folder.glob("*.z"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _reader_sum() -> str:
    """Return the sum of the code that reads catalogs: other code may find something else."""
    sum_ = hashlib.sha256()
    schema = resources.files("kongtask.schema")
    for folder in (schema / "catalog", schema / "model"):
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith((".py", ".sql")):
                sum_.update(entry.read_bytes())
    return sum_.hexdigest()
