"""A schema whose names, comments and bodies try to be more than text."""

from __future__ import annotations

NAMES = (
    "<script>alert(1)</script>",
    'it\'s "quoted" & <b>bold</b>',
    "two\nlines",
    "`tick` | pipe \\ back",
    "ünïcödé 名前 🐘",
    "ж" * 31,
    "</script><!--",
    "${x} {{ y }} %s",
    "../../etc/passwd",
    "#35; ;a",
    "Case",
    "CASE",
)


def quoted(name: str) -> str:
    """Return a name in quotes, which each of these needs."""
    return '"' + name.replace('"', '""') + '"'


def migrations() -> dict[int, str]:
    """Return two migrations that make a table and a function of each name."""
    statements = [
        f"""
        create table {quoted(name)} ({quoted(name)} int primary key,
          other int references {quoted(name)}, {quoted(f"!{name}")}
          text default '</script><script>alert(2)</script>');
        comment on table {quoted(name)} is '</script><script>alert(3)</script> <!-- {{{{ 1 }}}}';
        create function {quoted(name)}() returns text language sql as
          $f$ select '</script><script>alert(4)</script>' -- <img src=x onerror=alert(5)> $f$;
        """
        for name in NAMES
    ]
    return {1: "".join(statements[:-1]), 2: statements[-1]}
