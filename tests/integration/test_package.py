"""The built packages: what a user of ``pip install kongtask`` gets."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kongtask.database.connection import Target
from tests.programs import CHECKOUT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist as an installer would."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(CHECKOUT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(folder.glob("kongtask-*.tar.gz"))
    (built,) = folder.glob("kongtask-*.whl")
    return built


def test_the_wheel_holds_the_sql_and_the_templates(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "kongtask/py.typed",
        "kongtask/migrate/sql/000018.sql",
        "kongtask/migrate/sql/000019.sql",
        "kongtask/migrate/sql/000020.sql",
        "kongtask/migrate/sql/manifest.sha256",
        "kongtask/migrate/sql/kongtask/000001.sql",
        "kongtask/migrate/schema/graphile_worker.sql",
        "kongtask/migrate/schema/README.md",
        "kongtask/schema/catalog/relations.sql",
        "kongtask/jobs/sql/add_job.sql",
        "kongtask/cli/templates/settings.toml",
        "kongtask/schema/docs/html/templates/object.html",
        "kongtask/schema/docs/html/assets/site.js",
    ):
        assert name in names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_the_wheel_in_an_empty_environment_migrates_and_exports(
    wheel: Path, database: Target, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    programs = tmp_path / "venv" / "bin"
    install: list[str | Path] = [
        programs / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--quiet",
        wheel,
    ]
    subprocess.run(install, check=True)
    environ = {"PATH": os.defpath, "HOME": str(tmp_path)}

    def program(*command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
        )

    done = program(programs / "kongtask", "migrate", "-conn", database.conninfo)
    assert done.returncode == 0, done.stderr
    done = program(programs / "schema-dump", "-conn", database.conninfo, "-o", "out.sql")
    assert done.returncode == 0, done.stderr
    shipped = CHECKOUT / "src/kongtask/migrate/schema/graphile_worker.sql"
    assert (tmp_path / "out.sql").read_bytes() == shipped.read_bytes()
    # Without the extra there is no embedded server: the error names every way to name a database.
    done = program(programs / "kongtask", "migrate")
    assert done.returncode == 2
    for way in ("-conn", "DATABASE_URL", "PGHOST", "[tool.kongtask]", "kongtask[embedded]"):
        assert way in done.stderr
    done = program(programs / "schema-dump")
    assert done.returncode == 2
    assert "kongtask[embedded]" in done.stderr
