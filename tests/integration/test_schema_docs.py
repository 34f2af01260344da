"""``kongtask schema docs`` as a user runs it, and what it says of a schema's past."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from kongtask.database.connection import Target
from kongtask.migrate import load_migrations
from kongtask.revisions import replay
from kongtask.schema.docs import make_reference
from kongtask.schema.docs.diagrams import MANY_TABLES
from kongtask.schema.docs.html.site import Site
from kongtask.schema.docs.view import Entry, Page, Reference
from kongtask.schema.history import make_history
from tests.programs import CHECKOUT, run

SHOP = CHECKOUT / "tests/browser/shop"

#: A bit of every kind of object.
EVERYTHING = """
create schema if not exists :SCHEMA;
create collation folded (locale = 'C');
create type pair as (a int, b text);
create type mood as enum ('sad', 'ok');
create type span as range (subtype = float8);
create domain short as text default 'x' constraint is_short check (length(value) < 9);
create sequence counter start 5 increment 2 cycle;
create table base (id int primary key, mood mood, pair pair, short short);
create table child (extra text) inherits (base);
create table log (at timestamptz not null, word text) partition by range (at);
create table log_1 partition of log for values from ('2026-01-01') to ('2027-01-01');
create view top with (security_barrier) as select id from base;
create materialized view kept as select count(*) as n from base;
create unique index kept_n on kept (n);
create statistics together on id, mood from base;
create procedure act(inout x int) language plpgsql as 'begin end';
create aggregate total(int) (sfunc = int4pl, stype = int);
create function nothing() returns trigger language plpgsql as 'begin return null; end';
create trigger quiet instead of insert on top for each row execute function nothing();
create rule none as on delete to base do instead nothing;
create policy mine on base as restrictive for update to public using (true) with check (id > 0);
create operator === (leftarg = int, rightarg = int, function = int4eq);
create text search configuration plain (parser = default);
alter text search configuration plain add mapping for asciiword with simple;
grant select on base to public;
grant update (mood) on base to public;
alter default privileges in schema :SCHEMA grant select on tables to public;
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the shop's migrations, and a cache and a server of its own user."""
    (tmp_path / "migrations").mkdir()
    for file in SHOP.glob("*.sql"):
        (tmp_path / "migrations" / file.name).write_bytes(file.read_bytes())
    settings = 'schema = "shop"\nmigrations = "migrations"\n'
    (tmp_path / "kongtask.toml").write_text(settings)
    return tmp_path


def reference_of(server: Target, folder: Path, *migrations: str) -> Reference:
    for number, text in enumerate(migrations, 1):
        (folder / f"{number:06}.sql").write_text(text)
    history = make_history(replay(load_migrations(folder), "shop", server=server))
    return make_reference(history)


def entry_of(reference: Reference, path: str) -> Entry:
    (found,) = [entry for entry in reference.entries if entry.path == path]
    return found


def cells(page: Page, title: str) -> list[list[str]]:
    (found,) = [grid for grid in page.grids if grid.title == title]
    return [["".join(text.text for text in cell) for cell in row.cells] for row in found.rows]


def test_the_command_writes_a_site_and_keeps_it_current(project: Path, server: Target) -> None:
    def docs(*options: str) -> tuple[int, str, str]:
        done = run("kongtask", "schema", "docs", "out", "-conn", server.conninfo, *options,
                   cwd=project)  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    code, printed, said = docs("--check", "--json")
    assert code == 1, said
    assert not (project / "out").exists()
    code, printed, said = docs("-json")
    assert code == 0, said
    told = json.loads(printed)
    files = [path for path in (project / "out").rglob("*") if path.is_file()]
    assert told["format"] == "html"
    assert told["revisions"] == [1, 2, 3, 4, 5, 6]
    assert told["files"] == len(told["changed"]) == len(files)
    assert (project / "out/index.html").is_file()
    assert docs("--check")[0] == 0
    # Another format in the same folder: the files of the first are gone.
    (project / "out/mine.html").write_text("mine")
    assert docs("--format", "markdown")[0] == 0
    assert [path.name for path in (project / "out").rglob("*.html")] == ["mine.html"]
    assert (project / "out/README.md").is_file()
    code, _, said = docs("--check", "--format", "both")
    assert code == 1
    assert "not current: out/index.html" in said


def test_tables_refer_to_themselves_where_their_columns_are_not_shown(
    server: Target, tmp_path: Path
) -> None:
    """Among many tables, and of a table with more keys than a picture has rows."""
    keys = ", ".join(f"up_{n} int references wide" for n in range(1, 40))
    reference = reference_of(
        server,
        tmp_path,
        "create schema if not exists :SCHEMA;"
        + "".join(f"create table t{n} (id int primary key, up int references t{n});"
                  for n in range(MANY_TABLES))
        + f"create table wide (id int primary key, {keys});",
    )  # fmt: skip
    assert reference.is_compact
    pages = Site(reference).pages()
    overview, wide = (pages[path].decode() for path in ("diagram.html", "tables/wide.html"))
    assert overview.count('class="link"') == MANY_TABLES + 39
    assert overview.count('class="field') == 0
    assert wide.count('class="link"') == 39
    assert wide.count('class="field') < 39


def test_a_page_never_replaces_a_file_that_is_not_ours(project: Path, server: Target) -> None:
    (project / "README.md").write_text("# The shop\n")
    done = run("kongtask", "schema", "docs", ".", "-conn", server.conninfo, "--format", "markdown",
               cwd=project)  # fmt: skip
    assert done.returncode == 2
    assert "README.md is there, and kongtask did not write it" in done.stderr
    assert (project / "README.md").read_text() == "# The shop\n"
    assert not (project / "changes.md").exists()


@pytest.mark.parametrize("module", ["jinja2", "pygments", "pygraphviz"])
def test_without_the_extra_the_error_names_it_and_markdown_is_written(
    project: Path, server: Target, module: str
) -> None:
    program = (
        f"import sys, importlib.machinery as m; f = m.PathFinder.find_spec\n"
        f"m.PathFinder.find_spec = staticmethod("
        f"lambda name, *rest: None if name == {module!r} else f(name, *rest))\n"
        f"from kongtask.cli import kongtask; kongtask()"
    )
    docs = ("schema", "docs", "out", "-conn", server.conninfo)
    done = run(sys.executable, "-c", program, *docs, cwd=project)
    assert done.returncode == 2
    assert f"{module} is not installed: run pip install 'kongtask[docs]'" in done.stderr
    assert not (project / "out").exists()
    done = run(sys.executable, "-c", program, *docs, "--format", "markdown", cwd=project)
    assert done.returncode == 0, done.stderr


def test_the_worker_s_committed_documentation_is_current() -> None:
    done = run("kongtask", "schema", "docs", "docs/reference/schema", "-schema", "graphile_worker",
               "--format", "markdown", "--check", cwd=CHECKOUT)  # fmt: skip
    assert done.returncode == 0, f"run `make docs`\n{done.stderr}"


def test_every_kind_of_object_has_a_page_with_its_sql(server: Target, tmp_path: Path) -> None:
    reference = reference_of(server, tmp_path, EVERYTHING)
    paths = {re.sub(r"~.*", "", entry.path) for entry in reference.entries}
    assert paths == {
        "schema", "aggregates/total-integer", "collations/folded", "domains/short",
        "functions/nothing", "materialized_views/kept", "operators/_-integer-integer",
        "procedures/act-integer", "sequences/counter", "statistics/together", "tables/base",
        "tables/child", "tables/log", "tables/log_1", "tables/migrations",
        "text_search_configurations/plain", "types/mood", "types/pair", "types/span", "views/top",
    }  # fmt: skip
    for entry in reference.entries:
        assert any("CREATE" in line for line, _ in entry.page.definition), entry.path
    base = entry_of(reference, "tables/base").page
    assert cells(base, "Policies") == [
        ["mine", "update, restrictive", "public", "true", "(id > 0)", "000001"]
    ]
    assert cells(base, "Privileges") == [["public", "select", ""], ["public", "update", "mood"]]
    assert cells(base, "Inherited by") == [["child"]]
    assert cells(entry_of(reference, "tables/log").page, "Partitions")[0][0] == "log_1"
    assert cells(entry_of(reference, "types/mood").page, "Labels") == [["sad"], ["ok"]]
    assert cells(entry_of(reference, "types/pair").page, "Attributes")[1][:2] == ["b", "text"]
    assert cells(entry_of(reference, "schema").page, "Default privileges")
    used = {row[0] for row in cells(entry_of(reference, "types/mood").page, "Used by")}
    assert {"base", "child"} <= used


def test_versions_are_kept_once_for_each_change(server: Target, tmp_path: Path) -> None:
    texts = [file.read_text() for file in sorted(SHOP.glob("*.sql"))]
    reference = reference_of(server, tmp_path, *texts)
    total = entry_of(reference, "functions/order_total-bigint")
    assert [(x.number, x.page is not None) for x in total.versions] == [(1, True), (3, True)]
    baskets = entry_of(reference, "tables/old_baskets")
    assert [(x.number, x.page is not None) for x in baskets.versions] == [(1, True), (4, False)]
    articles = entry_of(reference, "tables/articles")
    titles = [(x.number, x.page.title) for x in articles.versions if x.page is not None]
    assert titles == [(1, "products"), (5, "articles"), (6, "articles")]
    assert articles.page.introduced == 1
    assert [x.action for x in articles.happenings if x.number == 5] == ["renamed"]
    # What a later migration did to a neighbour is no change of a page that does not show it.
    customers = entry_of(reference, "tables/customers")
    assert [x.number for x in customers.versions] == [1, 2, 4, 6]


def test_a_table_knows_who_changed_it_last_by_its_parts_too(server: Target, tmp_path: Path) -> None:
    reference = reference_of(
        server, tmp_path,
        "create table a (id int primary key, b int, c int);",
        "create index a_b on a (b);",
        "alter table a drop column c;",
        "comment on index a_b is 'fast';",
        "create table other (id int);",
    )  # fmt: skip
    entry = entry_of(reference, "tables/a")
    touched = [x.page.touched for x in entry.versions if x.page is not None]
    assert touched == [1, 2, 3, 4]
    assert cells(entry.page, "Indexes")[0][2] == "000002, changed 000004"
