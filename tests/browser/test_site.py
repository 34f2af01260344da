"""The site of ``schema docs`` as a person meets it: in a browser, from the disk."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kongtask.database.connection import Target

from . import hostile
from .conftest import Visitor, build, history_of
from .hostile import quoted

Visit = Callable[..., Visitor]

PAGES = (
    "index.html",
    "diagram.html",
    "changes.html",
    "compare.html",
    "schema.html",
    "tables/orders.html",
    "tables/orders@000001.html",
    "tables/old_baskets.html",
    "views/open_orders.html",
    "functions/order_total-bigint.html",
    "types/order_state.html",
    "domains/cents.html",
    "revisions/000003.html",
)


def found(page: Page) -> list[str]:
    """Return the names that the list beside the page shows."""
    return page.locator("#found a code").all_inner_texts()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 360)])
def test_axe_core_finds_no_serious_fault_in_any_page(
    shop: Path, visit: Visit, scheme: str, width: int
) -> None:
    visitor = visit(shop, width=width, scheme=scheme)
    faults = []
    for path in PAGES:
        page = visitor.open(path)
        if path in {"compare.html", "tables/orders.html"}:
            page.locator(".differences > *").first.wait_for()
        faults += [f"{path}: {fault}" for fault in visitor.faults()]
    assert faults == []


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_the_screen(shop: Path, visit: Visit, width: int) -> None:
    visitor = visit(shop, width=width)
    for path in PAGES:
        page = visitor.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_every_link_leads_to_a_page_and_a_place_in_it(shop: Path) -> None:
    ids = {
        path: set(re.findall(r'\bid="([^"]+)"', path.read_text(encoding="utf-8")))
        for path in shop.rglob("*.html")
    }
    broken = []
    for path in ids:
        for address in re.findall(r'\b(?:href|src)="([^"]+)"', path.read_text(encoding="utf-8")):
            file, _, anchor = address.partition("#")
            target = (path.parent / file).resolve() if file else path
            if not target.is_file() or (anchor and anchor not in ids[target]):
                broken.append(f"{path.relative_to(shop)}: {address}")
    assert len(ids) > 30
    assert broken == []


def test_a_table_s_page_tells_all_of_it(shop: Path, visit: Visit) -> None:
    page = visit(shop).open("tables/orders.html")
    titles = page.locator("main h2").all_inner_texts()
    assert titles == [
        "Columns", "Constraints", "Indexes", "Triggers", "Policies", "Referenced by", "Uses",
        "Used by", "Diagram", "Definition", "History",
    ]  # fmt: skip
    row = page.locator("#column-customer_id")
    assert row.locator("th, td").all_inner_texts() == [
        "customer_id", "bigint", "not null", "", "FK → customers", "000001", "",
    ]  # fmt: skip
    expect(page.locator(".meta")).to_contain_text("changed last by 000004.sql")
    row.get_by_role("link", name="customers").click()
    expect(page.locator("h1")).to_have_text("customers")


def test_each_line_of_a_definition_tells_its_migration(shop: Path, visit: Visit) -> None:
    page = visit(shop).open("functions/order_total-bigint.html")
    rows = page.locator("#definition + .code tbody tr")
    lines, number = {}, ""
    for row in rows.all():
        made, line = row.locator("td").all_inner_texts()
        number = made or number
        lines[line.strip()] = number
    assert lines["$$;"] == "000001"
    assert lines["-- An order without lines costs nothing."] == "000003"
    words = page.locator("#definition + .code .k").all_inner_texts()
    assert {"CREATE FUNCTION", "RETURNS", "select"} & set(words)


def test_search_finds_while_typing(shop: Path, visit: Visit) -> None:
    page = visit(shop).open("tables/orders.html")
    assert "articles" in found(page)
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("ord")
    assert found(page)[:2] == ["orders", "order_lines"]
    page.keyboard.type("er_tot")
    assert found(page) == ["order_total(bigint)"]
    page.locator("#search").fill("sku")  # a column
    assert found(page) == ["articles"]
    page.locator("#search").fill("parcel")  # nothing is called so
    assert found(page) == []
    page.locator("#search").fill("basket door")  # a comment
    assert found(page) == ["orders"]


def test_the_keyboard_leads_everywhere(shop: Path, visit: Visit) -> None:
    visitor = visit(shop)
    page = visitor.open("index.html")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("payments")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    focused = page.evaluate("document.activeElement.innerText")
    assert focused.startswith("payments_2025")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("payments_2025")
    page.keyboard.press("/")
    page.keyboard.type("reviews")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("reviews")
    page.keyboard.press("/")
    page.keyboard.type("zzz")
    expect(page.locator("#found")).to_have_text("Nothing fits.")
    page.keyboard.press("Escape")
    assert len(found(page)) > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_diagrams_are_visible_and_lead_to_pages(shop: Path, visit: Visit, scheme: str) -> None:
    visitor = visit(shop, scheme=scheme)
    for path, boxes, links in (("diagram.html", 7, 7), ("tables/orders.html", 4, 3)):
        page = visitor.open(path)
        drawing = page.locator("svg.diagram")
        for part in (drawing, *drawing.locator(".box").all()):
            area = part.bounding_box()
            assert area is not None
            assert min(area["width"], area["height"]) > 20
        assert drawing.locator(".box").count() == boxes
        assert drawing.locator("path.link").count() == links
        frame, ink = page.evaluate(
            """[getComputedStyle(document.querySelector(".diagram .frame")).fill,
                getComputedStyle(document.querySelector(".diagram .name")).fill]"""
        )
        assert frame != ink
    page.locator("svg.diagram").get_by_role("link", name="customers").click()
    expect(page.locator("h1")).to_have_text("customers")


def test_no_text_of_a_diagram_leaves_its_box(shop: Path, visit: Visit) -> None:
    page = visit(shop).open("diagram.html")
    outside = page.evaluate(
        """[...document.querySelectorAll(".diagram .box")].flatMap((box) => {
          const frame = box.querySelector(".frame").getBoundingClientRect();
          return [...box.querySelectorAll("text")].filter((text) => {
            const area = text.getBoundingClientRect();
            return area.left < frame.left || area.right > frame.right
              || area.top < frame.top - 1 || area.bottom > frame.bottom + 1;
          }).map((text) => text.textContent);
        })"""
    )
    assert outside == []


def test_a_diagram_that_is_too_large_can_be_fitted_and_enlarged(shop: Path, visit: Visit) -> None:
    page = visit(shop, width=500).open("diagram.html")
    drawing, canvas = page.locator("svg.diagram"), page.locator(".canvas")

    def width() -> float:
        area = drawing.bounding_box()
        assert area is not None
        return area["width"]

    place = canvas.bounding_box()
    assert place is not None
    assert width() > place["width"]
    page.get_by_role("button", name="Fit").click()
    fitted = width()
    assert fitted < place["width"]
    page.get_by_role("button", name="Larger").click()
    assert width() > fitted
    page.get_by_role("button", name="Smaller").click()
    assert width() == pytest.approx(fitted, abs=1)


def test_the_switch_of_revisions_shows_the_page_of_then(shop: Path, visit: Visit) -> None:
    visitor = visit(shop)
    page = visitor.open("tables/orders.html")
    assert page.locator("#column-sent_at").count() == 1
    page.locator("#revision").select_option("2")
    page.wait_for_url("**/orders@000002.html?at=2")
    page.locator("#search").wait_for()
    assert page.locator("#column-sent_at").count() == 0
    expect(page.locator(".banner")).to_contain_text("revision 000002")
    assert {"old_baskets", "products"} <= set(found(page))
    assert {"reviews", "articles"}.isdisjoint(found(page))
    # Links stay at that revision: a column had another name then.
    page.locator("#column-customer_id").get_by_role("link", name="customers").click()
    expect(page.locator("#column-name")).to_be_visible()
    expect(page.locator("#revision")).to_have_value("2")
    page.locator("#revision").select_option("6")
    page.wait_for_url("**/customers.html")
    expect(page.locator("#column-full_name")).to_be_visible()


def test_the_switch_leads_to_the_revision_where_an_object_is_not_there(
    shop: Path, visit: Visit
) -> None:
    visitor = visit(shop)
    page = visitor.open("tables/reviews.html")
    page.locator("#revision").select_option("1")
    page.wait_for_url("**/revisions/000001.html?at=1")
    expect(page.locator("h1")).to_have_text("000001.sql")
    page.locator("main").get_by_role("link", name="products", exact=True).first.click()
    # It has another name now, and had this one then.
    expect(page.locator("h1")).to_have_text("products")
    assert visitor.place == "tables/articles@000001.html"
    page.get_by_role("link", name="Go to the last version").click()
    expect(page.locator("h1")).to_have_text("articles")


def test_a_dropped_object_keeps_a_page(shop: Path, visit: Visit) -> None:
    page = visit(shop).open("tables/old_baskets.html")
    expect(page.locator(".banner")).to_contain_text("Dropped by 000004.sql")
    expect(page.locator("#revision")).to_have_value("3")  # where it was last


def test_two_versions_of_an_object_are_compared(shop: Path, visit: Visit) -> None:
    page = visit(shop).open("functions/order_total-bigint.html")
    place = page.locator(".compare")
    assert place.locator("tr.old code").all_inner_texts() == [
        "  select coalesce(sum(quantity * price), 0) from shop.order_lines where order_id = id"
    ]
    assert place.locator("tr.new code").first.inner_text().strip().startswith("-- An order")
    place.locator("select").first.select_option("3")
    expect(place.locator(".differences")).to_have_text("No difference.")


def test_any_two_revisions_are_compared(shop: Path, visit: Visit) -> None:
    page = visit(shop).open("compare.html")
    selects = page.locator(".compare select")
    selects.nth(0).select_option("1")
    selects.nth(1).select_option("4")
    expect(page.locator(".differences > .quiet")).to_have_text(re.compile(r"^\d+ objects differ"))
    expect(page).to_have_url(re.compile(r"#1\.\.4$"))
    summaries = {" ".join(text.split()) for text in page.locator("summary").all_inner_texts()}
    assert {
        "changed customers table", "changed orders table", "added payments table",
        "removed old_baskets table", "added touch_order() function",
    } <= summaries  # fmt: skip
    details = page.locator("details", has=page.get_by_text("old_baskets", exact=True))
    details.locator("summary").click()
    expect(details.locator("tr.old")).not_to_have_count(0)
    expect(details.locator("tr.new")).to_have_count(0)


def test_the_theme_is_kept_from_page_to_page(shop: Path, visit: Visit) -> None:
    visitor = visit(shop, scheme="light")
    page = visitor.open("index.html")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Switch between dark and light").click()
    dark = page.evaluate(paper)
    assert dark != light
    assert visitor.open("tables/orders.html").evaluate(paper) == dark
    assert visit(shop, scheme="dark").open("index.html").evaluate(paper) == dark


def test_pages_read_without_javascript(shop: Path, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((shop / "tables/orders.html").resolve().as_uri())
        for words in ("customer_id", "touch_order()", "CREATE TABLE", "000003.sql"):
            expect(page.locator("main")).to_contain_text(words)
        expect(page.locator("svg.diagram")).to_be_visible()
        expect(page.locator("#search")).to_be_hidden()
        page.get_by_role("link", name="000001", exact=True).first.click()
        expect(page.locator("h1")).to_have_text("orders")


def test_hostile_names_show_as_text(
    server: Target, tmp_path: Path, visit: Visit, tmp_path_factory: pytest.TempPathFactory
) -> None:
    history = history_of(hostile.migrations(), tmp_path, server)
    site = build(history, tmp_path_factory.mktemp("hostile-site"))
    visitor = visit(site)
    visitor.page.on("dialog", lambda dialog: visitor.complaints.append(dialog.message))
    seen = set()
    for path in sorted(site.rglob("*.html")):
        page = visitor.open(str(path.relative_to(site)))
        assert page.locator("main script, main img, main b:not([aria-current]):not(.counts b)"
                            ).count() == 0, path  # fmt: skip
        if path.parent.name == "tables" and path.name != "migrations.html":
            seen.add(page.locator("h1").inner_text())
            expect(page.locator(".lead")).to_contain_text("</script><script>alert(3)</script>")
            assert page.locator("svg.diagram .box").count() == 1
    page = visitor.open("compare.html")
    page.locator("details").first.wait_for()
    for details in page.locator("details").all():
        details.locator("summary").click()
    wanted = {quoted(name).replace("\n", "\\n") for name in hostile.NAMES}
    assert seen == wanted
    page = visitor.open("index.html")
    page.locator("#search").fill("<script>")
    assert quoted(hostile.NAMES[0]) in found(page)
    page.locator("#search").fill("名前")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(re.compile("名前"))
    assert visitor.faults() == []


def test_300_tables_stay_small_and_quick_to_search(
    server: Target,
    tmp_path: Path,
    visit: Visit,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A page is below 1 MB, and each change of an object is stored once."""
    tables = [f"thing_{number:03}" for number in range(300)]
    statements = [
        f"create table {name} (id bigint primary key, parent bigint"
        f"{f' references {tables[number // 7]}' if number else ''}, "
        + ", ".join(f"value_{column} text not null default 'v'" for column in range(15))
        + f"); create index on {name} (parent); comment on table {name} is 'Thing {number}.';"
        for number, name in enumerate(tables)
    ]
    migrations = {1: "\n".join(statements)}
    for number in range(2, 12):
        migrations[number] = "\n".join(
            f"alter table {name} add column later_{number} int;"
            for name in tables[number * 10 : number * 10 + 10]
        )
    history = history_of(migrations, tmp_path, server)
    start = time.perf_counter()
    site = build(history, tmp_path_factory.mktemp("large-site"))
    seconds = time.perf_counter() - start
    sizes = {path: path.stat().st_size for path in site.rglob("*") if path.is_file()}
    largest = max(sizes, key=lambda path: sizes[path])
    with capsys.disabled():
        print(
            f"\n300 tables, {len(migrations)} migrations: {len(sizes)} files, "
            f"{sum(sizes.values()) / 1e6:.1f} MB, built and written in {seconds:.1f} s; "
            f"the largest is {largest.name} with {sizes[largest] / 1e3:.0f} kB"
        )
    assert sizes[largest] < 1_000_000
    # A page for each table and one more for each of the 100 changes.
    assert sum(path.parent.name == "tables" for path in sizes) == 301 + 100
    texts = "".join(path.read_text() for path in sorted((site / "data").glob("texts-*.js")))
    assert texts.count("CREATE TABLE shop.thing_") == 300 + 100
    page = visit(site).open("index.html")
    page.locator("#search").press_sequentially("thing_29")
    assert found(page) == [f"thing_29{last}" for last in range(10)]
    page.locator("#search").fill("value_7")
    assert len(found(page)) == 60
