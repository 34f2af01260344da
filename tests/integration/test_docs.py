"""Every command that README and docs show is run, and prints what they show.

How a page is read:

- A ``sh`` or ``bash`` block is a script; all its commands succeed.
- A ``console`` block is a session: after ``$`` a command, then exactly what it prints on both
  streams. Times, sums and sizes may differ; a line ``…`` stands for any lines. A command that is
  to fail is followed by ``$ echo $?``.
- ``<!-- file: PATH -->`` before a block: the block is saved as that file.
- ``<!-- not run: REASON -->`` before a block: it is left out, and the reason printed.
- ``<!-- page: runs in a checkout -->``, ``a project`` (of ``kongtask init``) or, by default,
  ``an empty folder``. The blocks of a page share a folder and exported variables.

``localhost`` is a server of the test's own, with the databases and roles that a page names.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from kongtask.database.connection import Target, compose, connect
from kongtask.database.embedded import EMBEDDED_MAJOR, LocalServer, embedded_server
from tests.conftest import FAST, server_binaries
from tests.programs import CHECKOUT, ENVIRON

PAGES = sorted(
    path.relative_to(CHECKOUT).as_posix()
    for path in (
        *CHECKOUT.glob("*.md"),
        *(CHECKOUT / "docs").rglob("*.md"),
        *(CHECKOUT / "src/kongtask/migrate").rglob("*.md"),
    )
)
SHELLS = {"sh": "sh", "bash": "bash", "console": "sh"}

#: Languages that hold no commands. A block without a language could hide some.
OTHERS = {"diff", "ini", "json", "mermaid", "python", "sql", "text", "toml", "yaml"}

#: What may differ from one run to the next.
VARYING = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z", "(time)"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00", "(time)"),
    (r"(?m)\b\d{4}-\d\d-\d\d \d\d:\d\d(?=  |$)", "(time)"),
    (r" +\d+\.\d+ s\b", " (seconds)"),
    (r"\bin \d+ (?:min|s)(?: \d+ s)?(?=:)", "in (wait)"),
    (r"\b[0-9a-f]{64}\b", "(sum)"),
    (r"\b\d+ bytes", "(bytes)"),
    (r"\bkongtask_scratch_\d+_[0-9a-f]+\b", "(scratch)"),
    (r"\bkongtask_[0-9a-f]{10}\b", "(project)"),
    (r"PostgreSQL \d+\.\d+", "(version)"),
    (r"(?m)^index [0-9a-f]+\.\.[0-9a-f]+", "index (blobs)"),
    (r"(?m)[ \t]+$", ""),
)

_FENCE = re.compile(r"( *)```([a-z]*)")
_NOTE = re.compile(r"<!-- (file|not run): (.+) -->")
_DATABASE = re.compile(r"(\blocalhost/|\bPGDATABASE=|\bdbname=)(\w+)")
_USER = re.compile(r"(?://|\bPGUSER=|\buser=)(\w+)(?=[:@\s])")
_END = re.compile(r"\x1e(\d+)\x1e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A server on localhost, its port, and the folder of the embedded server, which is up too."""

    server: Target
    port: int
    embedded: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of a page; ``line`` is its fence's."""

    page: str
    line: int
    language: str
    text: str
    file: str | None
    reason: str | None

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to type; ``output`` is None where the page shows none."""

    command: str
    output: str | None


def read_blocks(page: str) -> list[Block]:
    lines = iter(enumerate((CHECKOUT / page).read_text(encoding="utf-8").splitlines(), 1))
    blocks: list[Block] = []
    notes: dict[str, str] = {}
    for number, line in lines:
        if fence := _FENCE.fullmatch(line):
            body = []
            for _, inner in lines:
                if inner == f"{fence[1]}```":
                    break
                body.append(inner.removeprefix(fence[1]) + "\n")
            blocks.append(
                Block(
                    page=page, line=number, language=fence[2], text="".join(body),
                    file=notes.get("file"), reason=notes.get("not run"),
                )
            )  # fmt: skip
        if line:
            found = _NOTE.fullmatch(line.strip())
            notes = {found[1]: found[2]} if found else {}
    return blocks


def read_steps(block: Block) -> list[Step]:
    if block.language != "console":
        return [Step(command=f"set -e\n{block.text}set +e", output=None)]
    steps: list[Step] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            steps.append(Step(command=line[2:], output=""))
        else:
            steps[-1] = Step(command=steps[-1].command, output=f"{steps[-1].output}{line}\n")
    return steps


BLOCKS = [block for page in PAGES for block in read_blocks(page)]
LEFT_OUT = [block for block in BLOCKS if block.language in SHELLS and block.reason]
RUN = [block for block in BLOCKS if block.language in SHELLS and not block.reason]


class Place:
    """Where the commands of a page run, and how its text and the machine's are matched."""

    def __init__(self, page: str, home: Path, machine: Machine) -> None:
        self.folder = home
        self._home, self._machine, self._page = home, machine, page
        self._names = {
            str(machine.embedded): "/home/you/.local/share/kongtask",
            str(home): "/home/you",
            f"localhost:{machine.port}": "localhost:5432",
            "PGHOST, PGPORT": "PGHOST",
        } | {real_database(page, name): name for name in databases_of(page)}
        self._variables = home / ".variables"
        self.environ = {
            **ENVIRON,
            "PATH": f"{ENVIRON['PATH']}{os.pathsep}{server_binaries()[EMBEDDED_MAJOR]}",
            "HOME": str(home),
            "KONGTASK_EMBEDDED_DIR": str(machine.embedded),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "init.defaultBranch",
            "GIT_CONFIG_VALUE_0": "main",
            "GIT_PAGER": "cat",
            **{
                f"GIT_{who}_{what}": value
                for who in ("AUTHOR", "COMMITTER")
                for what, value in (("NAME", "you"), ("EMAIL", "you@example.com"))
            },
        }

    def typed(self, text: str, *, is_service: bool = False) -> str:
        """Return a page's text as the machine needs it."""
        port, space = self._machine.port, "\n" if is_service else " "
        text = _DATABASE.sub(lambda found: f"{found[1]}{real_database(self._page, found[2])}", text)
        text = re.sub(r"(?<=[@/])localhost(?=/)", f"localhost:{port}", text)
        text = re.sub(r"\bPGHOST=localhost\b", f"PGHOST=localhost PGPORT={port}", text)
        return re.sub(r"\bhost=localhost\b", f"host=localhost{space}port={port}", text)

    def shown(self, text: str) -> str:
        """Return the machine's text as a page may show it."""
        for real, name in self._names.items():
            text = text.replace(real, name)
        return text

    def write(self, block: Block) -> None:
        path = self.folder / (block.file or "").replace("~", str(self._home))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.typed(block.text, is_service=block.language == "ini"))

    def play(self, steps: list[Step], shell: str = "sh") -> list[tuple[int, str]]:
        """Run commands in one shell; return the exit code and the output of each."""
        where = self._home / ".where"
        script = [f". {self._variables}"] if self._variables.exists() else []
        for step in steps:
            script += [self.typed(step.command), r"__=$?; printf '\036%s\036' $__; (exit $__)"]
        script += [f"pwd > {where}", f"export -p > {self._variables}"]
        done = subprocess.run(
            [shell, "-c", "\n".join(script)], cwd=self.folder, env=self.environ, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=120, check=False,
        )  # fmt: skip
        *pairs, rest = _END.split(self.shown(done.stdout))
        results = [(int(code), output) for output, code in zip(*[iter(pairs)] * 2, strict=True)]
        if len(results) < len(steps):  # the shell has ended early
            return [*results, (done.returncode or 1, rest)]
        self.folder = Path(where.read_text().strip())
        return results


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    base = Path(tempfile.mkdtemp(prefix="kt-docs-"))
    base.chmod(0o755)
    settings = {**FAST, "listen_addresses": "'localhost'", "port": str(port)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KONGTASK_EMBEDDED_DIR", str(base / "embedded"))
        embedded = embedded_server()
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, base, ignore_errors=True)
        stack.enter_context(embedded)
        binaries = server_binaries()[EMBEDDED_MAJOR]
        server = stack.enter_context(LocalServer(binaries, base / "server", settings))
        local = Target(conninfo=f"{server.target().conninfo} port={port}", source="the docs' test")
        yield Machine(server=local, port=port, embedded=base / "embedded")


@pytest.fixture(scope="module")
def played(
    request: pytest.FixtureRequest, machine: Machine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[None]]]:
    """The pages of the chosen tests, two at a time: most of their time is waiting."""
    chosen = [
        str(item.callspec.params["page"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.function is test_a_page_does_what_it_says
    ]
    for page in chosen:
        make_databases(machine.server, page)
    with ThreadPoolExecutor(2) as pool:
        yield {
            page: pool.submit(play, page, machine, tmp_path_factory.mktemp("page"))
            for page in chosen
        }
        pool.shutdown(cancel_futures=True)


def make_databases(server: Target, page: str) -> None:
    """Make the roles and databases that a page names."""
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    users = list(dict.fromkeys(_USER.findall(text)))
    with connect(server) as connection:
        roles = {name for (name,) in connection.execute("select rolname from pg_roles").fetchall()}
        for name in users:
            if name not in roles:
                connection.execute(compose("create role {name} login", name=name))
        for name in databases_of(page):
            real = real_database(page, name)
            connection.execute(
                compose("create database {name} owner {owner}", name=real, owner=users[0])
            )


def databases_of(page: str) -> set[str]:
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    return {found[2] for found in _DATABASE.finditer(text)} - {"postgres"}


def real_database(page: str, name: str) -> str:
    """Return a name that no other page's database has."""
    return name if name == "postgres" else f"{name}_of_page{PAGES.index(page)}"


def play(page: str, machine: Machine, folder: Path) -> None:
    """Run a page's commands, and compare what they print."""
    place = make_place(page, machine, folder)
    for block in (block for block in BLOCKS if block.page == page and not block.reason):
        if block.file:
            place.write(block)
        elif block.language in SHELLS:
            play_block(place, block)


def make_place(page: str, machine: Machine, home: Path) -> Place:
    found = re.search(r"<!-- page: runs in (.+) -->", (CHECKOUT / page).read_text(encoding="utf-8"))
    place = Place(page, home, machine)
    if found is None:
        return place
    if found[1] == "a checkout":
        place.folder = copy_checkout(home / "kongtask")
        place.environ["PYTHONPATH"] = str(place.folder / "src")
    else:
        assert found[1] == "a project", found[0]
        steps = [Step(command="kongtask init shop && cd shop && schema-dump", output=None)]
        ((code, output),) = place.play(steps)
        assert code == 0, output
    commit_all(place)
    return place


def copy_checkout(copy: Path) -> Path:
    """Copy the files that belong to this checkout, with its environment."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        if (CHECKOUT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, copy / name, follow_symlinks=False)
    (copy / ".venv").symlink_to(CHECKOUT / ".venv")
    for trigger in ("pyproject.toml", "src/kongtask/__init__.py"):
        os.utime(copy / trigger, (0, 0))  # so that make does not set .venv up for the copy
    return copy


def commit_all(place: Place) -> None:
    commands = "git init -q && echo .venv >> .git/info/exclude && git add -A && git commit -qm all"
    ((code, output),) = place.play([Step(command=commands, output=None)])
    assert code == 0, output


def normal(text: str) -> str:
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return text.strip("\n")


def is_as_shown(shown: str, printed: str) -> bool:
    lines = (r"(?:.*\n)*" if line == "…" else re.escape(line) + "\n" for line in shown.split("\n"))
    return re.fullmatch("".join(lines), printed + "\n") is not None


def play_block(place: Place, block: Block) -> None:
    steps = read_steps(block)
    results = place.play(steps, SHELLS[block.language])
    following = [*steps[1:], Step(command="", output=None)]
    for step, after, (code, output) in zip(steps, following, results, strict=False):
        may_fail = after.command == "echo $?"
        assert may_fail or code == 0, f"{block.place}: exit {code}\n$ {step.command}\n{output}"
        if step.output is None:
            continue
        shown, printed = normal(step.output), normal(output)
        if not is_as_shown(shown, printed):
            lines = difflib.unified_diff(
                shown.splitlines(), printed.splitlines(), "shown", "printed", lineterm=""
            )
            difference = "\n".join(lines)
            raise AssertionError(
                f"{block.place}\n$ {step.command}\n{difference}\n--- in full\n{output}"
            )
    assert len(results) == len(steps), f"{block.place}: the shell ended before the block did"


@pytest.mark.parametrize("page", sorted({block.page for block in RUN}))
def test_a_page_does_what_it_says(page: str, played: dict[str, Future[None]]) -> None:
    """Its commands work, and print what it shows."""
    played[page].result()


@pytest.mark.parametrize("block", LEFT_OUT, ids=lambda block: str(block.place))
def test_commands_that_are_not_run_say_why(block: Block) -> None:
    pytest.skip(f"{block.place} is not run: {block.reason}")


def test_every_block_of_a_page_says_what_it_holds() -> None:
    known = SHELLS.keys() | OTHERS
    assert [block.place for block in BLOCKS if block.language not in known] == []


def test_the_copies_of_the_ci_step_hold_the_commands_that_are_run() -> None:
    """The YAML files for GitHub and GitLab cannot run here; their commands can, and do."""
    blocks = [block for block in BLOCKS if block.page == "docs/how-to/ci.md"]
    commands = "".join(block.text for block in blocks if block.language in SHELLS)
    # What uses our hooks or our action holds no commands; test_ci_files.py runs those.
    others = ("uses: you/kongtask@", "- repo: ")
    copies = [
        block
        for block in blocks
        if block.language == "yaml" and not any(mark in block.text for mark in others)
    ]
    assert len(copies) >= 2
    for block in copies:
        lines = [line.strip().removeprefix("- ") for line in block.text.splitlines()]
        ours = [line for line in lines if line.startswith(("kongtask ", "schema-dump ", "diff "))]
        assert ours, block.place
        assert [line for line in ours if line not in commands] == []
