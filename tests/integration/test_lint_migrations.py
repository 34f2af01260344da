"""Faults of migrations: what is found, at which place of the file, and what silences it."""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kongtask.errors import UsageError
from kongtask.migrate import load_migrations, worker_migrations
from kongtask.migrate.lint import RULES, Problem, lint, rule_of, squawk
from kongtask.migrate.lint.rules import ADMITTED, BREAKING

USUAL = {id_ for id_, rule in RULES.items() if rule.is_default}


def problems(
    folder: Path,
    text: str | bytes,
    schema: str = "app",
    rules: Sequence[str] = tuple(USUAL),
    major: int = 16,
) -> list[Problem]:
    content = text.encode() if isinstance(text, str) else text
    (folder / "000001.sql").write_bytes(content)
    migrations = load_migrations(folder)
    return list(lint(migrations, migrations.migrations, schema, major=major, rules=rules))


def told(found: Sequence[Problem]) -> list[str]:
    return [f"{problem.place.line}:{problem.place.column} {problem.rule}" for problem in found]


def test_safe_statements_are_not_spoken_of(tmp_path: Path) -> None:
    text = """
    create table t (id bigint generated always as identity primary key, name text);
    create index on t (name);
    alter table t add check (id > 0);
    insert into t (name) values ('drop table x; create index concurrently i on t (id)');
    """
    assert told(problems(tmp_path, text)) == []


def test_the_place_is_the_file_s_and_not_that_of_the_text_with_the_name(tmp_path: Path) -> None:
    text = (
        "/* é :SCHEMA 🐘 */ select ':SCHEMA'; drop table :SCHEMA.a; drop table :SCHEMA.é;\r\n"
        "alter table :GRAPHILE_WORKER_SCHEMA.t -- :SCHEMA\r\n"
        "  drop column :SCHEMA,\r\n"
        "  alter\r\n"
        "    column é type text;\r\n"
    )
    for schema in ("a", 'long and "quoted" é name, in many more characters'):
        found = problems(tmp_path, text, schema, ["ban-drop-table", "ban-drop-column"])
        assert told(found) == ["1:37 ban-drop-table", "1:59 ban-drop-table", "3:3 ban-drop-column"]
        assert [problem.statement_line for problem in found] == [1, 1, 2]
        assert found[0].place.content.startswith("/* é :SCHEMA")
    (changed,) = problems(tmp_path, text, "a", ["changing-column-type"])
    assert (changed.place.line, changed.end_line) == (5, 5)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    before=st.lists(
        st.sampled_from(
            [
                ", :SCHEMA.x",
                ", 'é'",
                "/* 🐘\n*/",
                ", $$ :SCHEMA\n; $$",
                "\t",
                " -- é\n",
            ]
        )
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    schema=st.sampled_from(["a", "é", "an elephant's", "x" * 63]),
)
def test_every_place_leads_to_the_statement(
    before: list[str], end: str, schema: str, tmp_path: Path
) -> None:
    """Whatever stands before a statement, and however long the schema's name is."""
    head = f"select 1{''.join(before)}; "
    text = f"{head}drop table :SCHEMA.t;".replace("\n", end)
    try:
        found = problems(tmp_path, text, schema, ["ban-drop-table"])
    except UsageError:
        assert schema == "an elephant's"  # a name that would end a string is refused
        return
    (problem,) = found
    assert problem.place.content[problem.place.column - 1 :].startswith("drop table :SCHEMA.t;")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("create index concurrently i on t (a);", ["1:1 not-in-transaction"]),
        ("select 1;\ncreate unique index concurrently on t (a)", ["2:1 not-in-transaction"]),
        ("vacuum t", ["1:1 not-in-transaction"]),
        ("select 'create index concurrently'", []),
        ("--! no-transaction\ncreate index concurrently i on t (a);", []),
        ("--! no-transaction\nset work_mem = '1GB'; create index concurrently i on t (a);", []),
        (
            "--! no-transaction\ncreate index concurrently i on t (a); vacuum t; vacuum u",
            ["2:39 several-without-transaction"],
        ),
        ("--! no-transaction\nupdate t set a = 1", ["2:1 needless-no-transaction"]),
        ("--! no-transaction\ncall commits()", []),
        ("--! no-transaction\n-- nothing", []),
    ],
)
def test_what_needs_no_transaction_and_what_has_none(
    text: str, wanted: list[str], tmp_path: Path
) -> None:
    assert told(problems(tmp_path, text)) == wanted


def test_a_migration_that_breaks_programs_says_so_on_its_first_line(tmp_path: Path) -> None:
    text = "drop view v;\nalter table t alter a type int;"
    assert told(problems(tmp_path, text)) == [
        "1:1 ban-drop-view",
        "1:1 breaking-not-marked",
        "2:23 changing-column-type",
    ]
    # The marker says that programs break, and not that the table may be locked and rewritten.
    assert told(problems(tmp_path, f"--! breaking\n{text}")) == ["3:23 changing-column-type"]


def test_what_is_silenced_with_a_reason_breaks_nothing(tmp_path: Path) -> None:
    text = "-- kongtask: ignore ban-drop-view: nobody reads it\ndrop view v;\n"
    assert told(problems(tmp_path, text)) == []
    assert told(problems(tmp_path, text, rules=["breaking-not-marked"])) == []
    assert told(problems(tmp_path, f"{text}drop view w;", rules=["breaking-not-marked"])) == [
        "3:1 breaking-not-marked"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "drop table a; -- kongtask: ignore ban-drop-table, breaking-not-marked: empty",
        "-- kongtask: ignore ban-drop-table: empty\n\n-- more\n/* and */\ndrop table a;",
        "--kongtask:ignore ban-drop-table:empty\ndrop table a;",
        "-- kongtask: ignore ban-drop-table: empty: really\r\ndrop table a;\r\n",
        "-- kongtask: ignore ban-drop-column: x\nalter table a\n  add b int,\n  drop column c;",
        "alter table a\n  drop column c; -- kongtask: ignore ban-drop-column: x",
        "alter table a\n  -- kongtask: ignore ban-drop-column: x\n  drop column c;",
        "drop table a,\n  b; -- kongtask: ignore ban-drop-table: x",
        "-- kongtask: ignore ban-drop-table: x\n-- kongtask: ignore other: x\ndrop table a;",
    ],
)
def test_a_comment_silences_what_it_stands_at(text: str, tmp_path: Path) -> None:
    rules = ["ban-drop-table", "ban-drop-column", "breaking-not-marked", "ignore-without-reason"]
    assert told(problems(tmp_path, text, rules=rules)) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("-- kongtask: ignore ban-drop-view: x\nselect 1;\ndrop view v;",
         ["1:1 ignore-without-effect", "3:1 ban-drop-view"]),
        ("drop view v;\n-- kongtask: ignore ban-drop-view: x",
         ["1:1 ban-drop-view", "2:1 ignore-without-effect"]),
        ("-- kongtask: ignore ban-drop-table: x\ndrop view v;",
         ["1:1 ignore-without-effect", "2:1 ban-drop-view"]),
        ("-- kongtask: ignore ban-drop-view\ndrop view v;", ["1:1 ignore-without-reason"]),
        ("-- kongtask: ignore ban-drop-view:  \ndrop view v;", ["1:1 ignore-without-reason"]),
        ("-- kongtask: ignore: because\ndrop view v;",
         ["1:1 ignore-without-reason", "2:1 ban-drop-view"]),
        ("--kongtask:ignore ignore-without-reason: x\ndrop view v;--kongtask:ignore ban-drop-view",
         ["1:1 ignore-without-effect", "2:13 ignore-without-reason"]),
        ("select '-- kongtask: ignore ban-drop-view: x';\ndrop view v;", ["2:1 ban-drop-view"]),
        ("do $$ begin\n-- kongtask: ignore ban-drop-view: x\nend $$; drop view v;",
         ["3:9 ban-drop-view"]),
    ],
)  # fmt: skip
def test_a_comment_that_silences_nothing_or_does_not_say_why_is_found(
    text: str, wanted: list[str], tmp_path: Path
) -> None:
    rules = USUAL - {"breaking-not-marked"}
    assert told(problems(tmp_path, text, rules=tuple(rules))) == wanted


def test_of_rules_that_are_not_looked_for_a_comment_may_speak(tmp_path: Path) -> None:
    text = "-- kongtask: ignore prefer-identity: old\ncreate table t (id serial);"
    assert told(problems(tmp_path, text)) == []


def test_what_squawk_cannot_read_is_an_error_at_its_place(tmp_path: Path) -> None:
    found = problems(tmp_path, "select 1;\nselect * fro :SCHEMA.x where;")
    assert {problem.rule for problem in found} == {"syntax-error"}
    assert found[0].level == "error"
    assert found[0].place.line == 2


def test_a_mark_of_byte_order_moves_no_column(tmp_path: Path) -> None:
    assert told(problems(tmp_path, b"\xef\xbb\xbfdrop view v;", rules=["ban-drop-view"])) == [
        "1:1 ban-drop-view"
    ]


def test_the_version_of_postgresql_counts(tmp_path: Path) -> None:
    text = "alter table t add a int default 1;"
    assert told(problems(tmp_path, text, major=10)) == ["1:33 adding-field-with-default"]
    assert told(problems(tmp_path, text, major=16)) == []


def test_squawk_s_own_settings_stay_out_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".squawk.toml").write_text('excluded_rules = ["ban-drop-view"]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert told(problems(tmp_path, "drop view v;", rules=["ban-drop-view"])) == [
        "1:1 ban-drop-view"
    ]


def test_our_own_migrations_are_without_fault() -> None:
    migrations = worker_migrations()
    found = lint(migrations, migrations.migrations, "graphile_worker", major=13, rules=USUAL)
    assert told(list(found)) == []


def test_the_names_of_squawk_s_rules_are_ones_that_it_knows() -> None:
    program = squawk.find_squawk()
    assert program is not None
    theirs = [rule for rule in RULES.values() if rule.url and rule.id != "unused-ignore"]
    assert len(theirs) > 30
    for rule in theirs:
        command = [str(program), "--exclude", rule.id, "--help"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, rule.id
        checked = subprocess.run(
            [str(program), "--include", rule.id, "none.sql"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "invalid rule name" not in checked.stderr, rule.id
    assert RULES.keys() >= ADMITTED | BREAKING
    assert rule_of("a-rule-of-tomorrow").level == "warning"


def test_without_squawk_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match=r"pip install 'kongtask\[lint\]'"):
        problems(tmp_path, "select 1")


@pytest.mark.parametrize("script", ["echo '{}'", "echo hello; exit 3", "echo oops >&2; exit 1"])
def test_another_program_of_that_name_is_an_error(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "squawk"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(UsageError, match="squawk failed: "):
        problems(tmp_path, "select 1")
