"""Documentation without a server: keys, addresses, Mermaid, Markdown, SQL's words, folders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kongtask.cli.schema.folder import LIST, Folder
from kongtask.errors import UsageError
from kongtask.revisions import shipped_versions
from kongtask.schema.docs import documentation, make_reference
from kongtask.schema.docs.html.highlight import highlighted
from kongtask.schema.docs.keys import key_columns, links, marks
from kongtask.schema.docs.links import one_line, relative
from kongtask.schema.docs.mermaid import mermaid
from kongtask.schema.docs.view import Box, Diagram, Field, Row, code, grid
from kongtask.schema.history import History, Revision, make_history
from kongtask.schema.model import (
    Column,
    Constraint,
    ConstraintKind,
    Kind,
    NotNull,
    Ref,
    Table,
)
from kongtask.schema.paths import path_of


@pytest.fixture(scope="module")
def worker() -> History:
    """The worker schema through its revisions."""
    versions = shipped_versions()
    revisions = []
    for number in versions.numbers():
        database = versions.read(number)
        assert database is not None
        revisions.append(Revision(number=number, name=f"{number:06}.sql", database=database))
    return make_history(revisions)


def constraint(kind: ConstraintKind, definition: str) -> Constraint:
    return Constraint(name=definition[:60], kind=kind, definition=definition)


@pytest.mark.parametrize(
    ("kind", "definition", "columns"),
    [
        (ConstraintKind.PRIMARY_KEY, "PRIMARY KEY (id)", ("id",)),
        (ConstraintKind.PRIMARY_KEY, "PRIMARY KEY (a, b) INCLUDE (c)", ("a", "b")),
        (ConstraintKind.UNIQUE, "UNIQUE NULLS NOT DISTINCT (a)", ("a",)),
        (ConstraintKind.UNIQUE, 'UNIQUE ("a, ""b""", "(c)")', ('a, "b"', "(c)")),
        (ConstraintKind.PRIMARY_KEY, "PRIMARY KEY (id, at WITHOUT OVERLAPS)", ("id", "at")),
        (
            ConstraintKind.FOREIGN_KEY,
            "FOREIGN KEY (id, PERIOD at) REFERENCES s.t(id, PERIOD at)",
            ("id", "at"),
        ),
    ],
)
def test_the_columns_of_keys_are_read_as_postgresql_prints_them(
    kind: ConstraintKind, definition: str, columns: tuple[str, ...]
) -> None:
    assert key_columns(constraint(kind, definition)) == columns


def table(name: str, *constraints: Constraint, optional: tuple[str, ...] = ()) -> Table:
    names = dict.fromkeys(x for item in constraints for x in key_columns(item))
    columns = tuple(
        Column(name=x, type="integer", not_null=None if x in optional else NotNull()) for x in names
    )
    return Table(kind=Kind.TABLE, schema="s", name=name, columns=columns, constraints=constraints)


def test_a_foreign_key_knows_its_other_table_and_how_many_rows_meet() -> None:
    target = table(
        'odd "name"', constraint(ConstraintKind.PRIMARY_KEY, 'PRIMARY KEY ("REFERENCES")')
    )
    text = '("REFERENCES") REFERENCES s."odd ""name"""("REFERENCES") ON DELETE SET NULL'
    foreign = constraint(ConstraintKind.FOREIGN_KEY, f"FOREIGN KEY {text}")
    many = table("many", foreign, optional=("REFERENCES",))
    single = table("single", foreign, constraint(ConstraintKind.UNIQUE, 'UNIQUE ("REFERENCES")'))
    tables = {x.ref: x for x in (target, many, single)}
    (found,) = links(many, tables)
    assert (found.source, found.target) == (many.ref, target.ref)
    assert found.source_columns == found.target_columns == ("REFERENCES",)
    assert (found.is_optional, found.is_single) == (True, False)
    (found,) = links(single, tables)
    assert (found.is_optional, found.is_single) == (False, True)
    assert marks(single) == {"REFERENCES": ["FK", "UK"]}
    assert list(links(many, {many.ref: many})) == []


def test_a_grid_leaves_out_columns_that_say_nothing() -> None:
    rows = [Row(cells=(code(name), (), code(comment))) for name, comment in (("a", ""), ("b", "c"))]
    made = grid("Things", ("Name", "Default", "Comment"), rows)
    assert made is not None
    assert made.heads == ("Name", "Comment")
    assert [len(row.cells) for row in made.rows] == [2, 2]
    assert grid("Things", ("Name",), []) is None


@pytest.mark.parametrize(
    ("target", "start", "address"),
    [
        ("index.html", "tables/a.html", "../index.html"),
        ("tables/a b#c?.html", "index.html", "tables/a%20b#c%3F.html"),
        ("tables/名~12.html", "tables/b.html", "%E5%90%8D~12.html"),
        ("tables/a@000001.html", "tables/b.html", "a@000001.html"),
    ],
)
def test_addresses_are_relative_and_safe(target: str, start: str, address: str) -> None:
    assert relative(target, start) == address


def test_a_name_is_one_line() -> None:
    assert one_line("a\nb\u2028c") == "a\\nb\\u2028c"


def test_mermaid_gets_words_that_it_knows() -> None:
    ref = Ref(Kind.TABLE, "s", 't"<x>\n')
    box = Box(
        ref=ref,
        fields=(
            Field(name="id", type="bigint", marks="PK, FK"),
            Field(name='a "b"', type="timestamp(3) with time zone[]"),
            Field(name="名", type="名"),
        ),
    )
    text = mermaid(Diagram(boxes=(box,), links=()), {ref: ref.name})
    assert text.splitlines() == [
        "erDiagram",
        '    t1["t#34;#60;x#62;#92;n"] {',
        "        bigint id PK, FK",
        '        timestamp_3_with_time_zone_array a_b "a #34;b#34;"',
        '        c_ c_ "名"',
        "    }",
    ]


def test_sql_keeps_every_letter_when_its_words_get_colours() -> None:
    lines = [
        "CREATE FUNCTION s.f() RETURNS text",
        "    LANGUAGE plpgsql",
        "    AS $$",
        "",
        "\tbegin -- it's <b>",
        "  return 'a",
        'b\' || "</code>";',
        "end",
        "$$;",
    ]
    found = highlighted(lines)
    plain = [re.sub(r"<[^>]*>", "", str(line)) for line in found]
    unescaped = [
        line.replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'")
        .replace("&quot;", '"').replace("&amp;", "&")
        for line in plain
    ]  # fmt: skip
    assert unescaped == lines
    assert '<span class="k">CREATE' in found[0]
    assert 'class="c"' in found[4]


def test_the_same_history_makes_the_same_bytes(worker: History) -> None:
    assert documentation(worker, "both") == documentation(worker, "both")


def test_markdown_links_lead_to_pages_and_headings(worker: History) -> None:
    pages = {path: text.decode() for path, text in documentation(worker, "markdown").items()}
    for path, text in pages.items():
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        for address in re.findall(r"\]\(([^)\s]+)\)", prose):
            file, _, anchor = address.partition("#")
            target = (Path("/x") / path).parent / file
            name = str(target.resolve().relative_to("/x"))
            assert name in pages, f"{path}: {address}"
            assert not anchor or f"## {anchor[:6]}" in pages[name], f"{path}: {address}"


def test_every_object_has_a_page_of_its_own(worker: History) -> None:
    reference = make_reference(worker)
    (schema,) = worker.latest.database.schemas
    wanted = {path_of(item.ref) for item in schema.objects()} | {"schema"}
    assert {entry.path for entry in reference.entries} == wanted
    for entry in reference.entries:
        assert entry.page.definition, entry.path


def test_a_folder_knows_its_own_files_from_those_of_others(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    Folder.of(tmp_path, {"a.html": b"a", "sub/b.html": b"b"}).write()
    again = Folder.of(tmp_path, {"a.html": b"a", "sub/b.html": b"b"})
    assert not again.would_change
    later = Folder.of(tmp_path, {"a.html": b"new"})
    assert later.changed == [tmp_path / "a.html", tmp_path / LIST]
    assert later.stale == [tmp_path / "sub/b.html"]
    later.write()
    names = {str(x.relative_to(tmp_path)) for x in tmp_path.rglob("*")}
    assert names == {"a.html", "mine.txt", LIST}
    with pytest.raises(UsageError, match=r"mine\.txt is there, and kongtask did not write it"):
        Folder.of(tmp_path, {"mine.txt": b"ours"})


@pytest.mark.parametrize("path", ["../outside.html", "/etc/passwd"])
def test_a_list_that_leads_out_of_its_folder_is_refused(tmp_path: Path, path: str) -> None:
    Folder.of(tmp_path, {"a.html": b"a"}).write()
    with (tmp_path / LIST).open("a") as file:
        file.write(f"{path}\n")
    with pytest.raises(UsageError, match="outside its folder"):
        Folder.of(tmp_path, {})


def test_a_list_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / LIST).write_text("a shopping list\n")
    with pytest.raises(UsageError, match="is not kongtask's"):
        Folder.of(tmp_path, {})
