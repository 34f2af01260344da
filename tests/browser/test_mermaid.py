"""The diagrams of Markdown pages, drawn by Mermaid as code hosts draw them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from kongtask.database.connection import Target
from kongtask.schema.docs import documentation
from tests.npm import RegistryUnreachableError, install

from . import hostile
from .conftest import history_of

SHOP = {
    int(file.stem): file.read_text(encoding="utf-8")
    for file in sorted((Path(__file__).parent / "shop").glob("*.sql"))
}


@pytest.fixture(scope="module")
def mermaid() -> Path:
    """Mermaid's script, installed once into .cache/node."""
    try:
        home = install(Path(__file__).parent / "node")
    except RegistryUnreachableError as error:
        pytest.skip(f"the npm registry is unreachable ({error}) and .cache/node is empty")
    return home / "node_modules/mermaid/dist/mermaid.min.js"


@pytest.mark.parametrize(
    ("migrations", "least", "shown"),
    [
        (SHOP, 6, {"orders", "order_lines", "timestamp_with_time_zone", "customer_id"}),
        (hostile.migrations(), len(hostile.NAMES), {hostile.quoted("../../etc/passwd")}),
    ],
    ids=["shop", "hostile"],
)
def test_mermaid_draws_every_diagram(
    migrations: Mapping[int, str],
    least: int,
    shown: set[str],
    server: Target,
    tmp_path: Path,
    browser: Browser,
    mermaid: Path,
) -> None:
    pages = documentation(history_of(migrations, tmp_path, server), "markdown")
    texts = {
        path: text
        for path, page in pages.items()
        for text in re.findall(r"^```mermaid\n(.*?)^```$", page.decode(), re.MULTILINE | re.DOTALL)
    }
    assert len(texts) > least
    with browser.new_context() as context:
        page = context.new_page()
        page.add_script_tag(path=mermaid)
        page.evaluate("mermaid.initialize({startOnLoad: false})")
        for path, text in texts.items():
            # A text that it does not understand is an error, with the line.
            drawn = page.evaluate(
                """([text]) => mermaid.render("diagram", text).then(({svg}) => {
                  const place = document.createElement("div");
                  place.innerHTML = svg;
                  return [...place.querySelectorAll("p, text, tspan")].map((x) => x.textContent);
                })""",
                [text],
            )
            if path == "README.md":
                assert shown <= {words.strip() for words in drawn}
