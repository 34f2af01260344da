"""Reading and writing files: whole or not at all, with errors that name the file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from kongtask.errors import FileFailedError


def read_text(path: Path) -> str | None:
    """Return a file's text with its line endings as they are, or None if there is no file.

    Raises:
        FileFailedError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise FileFailedError(f"cannot read {path}: {_reason(error)}") from error


def write_text(path: Path, text: str) -> None:
    """Write a file so that at every moment it is the old one or the new one.

    Parent folders are made. A link is followed. What is no regular file (a pipe, ``/dev/stdout``)
    is written to as it is.

    Raises:
        FileFailedError: the file cannot be written; the old one is untouched.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file's bytes as :func:`write_text` writes text.

    Raises:
        FileFailedError: the file cannot be written; the old one is untouched.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return
        real = path.resolve()
        real.parent.mkdir(parents=True, exist_ok=True)
        _replace(real, content)
    except OSError as error:
        raise FileFailedError(f"cannot write {path}: {_reason(error)}") from error


def remove(path: Path, root: Path) -> None:
    """Remove a file and the folders that it leaves empty below a root.

    Raises:
        FileFailedError: it cannot be removed. That it is gone already is no error.
    """
    try:
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == root or not folder.is_relative_to(root) or any(folder.iterdir()):
                return
            folder.rmdir()
    except FileNotFoundError:
        return
    except OSError as error:
        raise FileFailedError(f"cannot remove {path}: {_reason(error)}") from error


def _replace(path: Path, content: bytes) -> None:
    mode = path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    if isinstance(error, FileExistsError):
        return f"{error.filename} is not a folder"
    return error.strerror or str(error)
