"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kongtask import files
from kongtask.errors import FileFailedError


def test_line_endings_are_kept_both_ways(tmp_path: Path) -> None:
    file = tmp_path / "x"
    files.write_text(file, "a\r\nb\nc\r")
    assert file.read_bytes() == b"a\r\nb\nc\r"
    assert files.read_text(file) == "a\r\nb\nc\r"


def test_a_missing_file_reads_as_none(tmp_path: Path) -> None:
    assert files.read_text(tmp_path / "nothing") is None


def test_a_crash_while_writing_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x"
    file.write_text("old")

    def crash(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        files.write_text(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_new_files_mode_is_the_umasks(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.write_text(tmp_path / "x", "new")
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640


def test_errors_name_the_file_and_the_reason(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"ab\xff")
    with pytest.raises(FileFailedError, match=r"binary: byte 2 is not UTF-8"):
        files.read_text(tmp_path / "binary")
    with pytest.raises(FileFailedError, match=r"binary is not a folder"):
        files.write_text(tmp_path / "binary" / "x", "new")


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    files.write_text(pipe, "through")
    assert os.read(reader, 100) == b"through"
    assert pipe.is_fifo()
    os.close(reader)
