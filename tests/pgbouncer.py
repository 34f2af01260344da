"""pgbouncer in front of a test database."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kongtask.database.connection import Target


@contextmanager
def pgbouncer(database: Target, folder: Path) -> Iterator[Target]:
    """Run a pooler in transaction mode in front of a database."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed: apt-get install pgbouncer")
    given = conninfo_to_dict(database.conninfo)
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\npooled = host={given['host']} port={given['port']} "
        f"user={given['user']} dbname={given['dbname']}\n"
        f"[pgbouncer]\npool_mode = transaction\ndefault_pool_size = 3\nauth_type = any\n"
        f"listen_addr =\nunix_socket_dir = {folder}\nlisten_port = 6432\n"
    )
    folder.chmod(0o777)
    as_root = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen(
        [program, *as_root, str(config)], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if "process up" in line:
                    break
            yield Target(
                conninfo=make_conninfo(host=str(folder), port=6432, dbname="pooled", user="any"),
                source="test",
            )
        finally:
            process.terminate()
