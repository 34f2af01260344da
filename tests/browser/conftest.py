"""A real browser, and sites for it to open from the disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from kongtask.database.connection import Target
from kongtask.migrate import load_migrations
from kongtask.revisions import replay
from kongtask.schema.docs import documentation
from kongtask.schema.history import History, make_history

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: What a rule of axe-core must be for the test to fail.
_GRAVE = frozenset({"serious", "critical"})


@dataclass(kw_only=True)
class Visitor:
    """A person at the browser.

    Attributes:
        site: the folder that is looked at.
        page: the browser's page.
        complaints: what the browser's console has said.
        requests: the addresses that were asked for.
    """

    site: Path
    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, path: str, query: str = "") -> Page:
        """Open a page of the site from the disk, and wait until its script has begun."""
        file = self.site / path
        assert file.is_file(), path
        self.page.goto(f"{file.resolve().as_uri()}{query}")
        self.page.locator("#search").wait_for()
        return self.page

    @property
    def place(self) -> str:
        """The path of the page that is looked at, below the site's folder."""
        address = self.page.evaluate("decodeURIComponent(location.pathname)")
        return str(Path(address).relative_to(self.site.resolve()))

    def faults(self) -> list[str]:
        """Return the serious and critical faults that axe-core finds in the page."""
        script = resources.files("axe_playwright_python") / "axe.min.js"
        self.page.evaluate(script.read_text(encoding="utf-8"))
        # Without preload: it would fetch the style sheets, which a page from a file may not.
        found: dict[str, Any] = self.page.evaluate("axe.run({preload: false})")
        assert found["passes"], "axe-core has looked at nothing"
        return [
            f"{fault['id']}: {node['html']}"
            for fault in found["violations"]
            if fault["impact"] in _GRAVE
            for node in fault["nodes"]
        ]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, from the system."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium on this machine; on Debian: apt-get install chromium")
    # One module at a time: while it is open, this thread has a running event loop.
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """A maker of visitors; at the end, none has found anything to complain of or left the disk."""
    made: list[Visitor] = []

    def maker(site: Path, *, width: int = 1280, scheme: Any = "light") -> Visitor:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        context.set_default_timeout(15_000)
        visitor = Visitor(site=site, page=context.new_page())
        visitor.page.on("console", lambda message: visitor.complaints.append(message.text))
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        visitor.page.on("request", lambda request: visitor.requests.append(request.url))
        made.append(visitor)
        return visitor

    yield maker
    for visitor in made:
        assert visitor.complaints == []
        assert [url for url in visitor.requests if not url.startswith("file:")] == []
        visitor.page.context.close()


def history_of(migrations: Mapping[int, str], folder: Path, server: Target) -> History:
    """Return the history that some migrations make of the schema ``shop``."""
    for number, text in migrations.items():
        (folder / f"{number:06}.sql").write_text(text, encoding="utf-8")
    return make_history(replay(load_migrations(folder), "shop", server=server))


def build(history: History, folder: Path) -> Path:
    """Write the site of a history, and return its folder."""
    for path, content in documentation(history, "html").items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def shop(server: Target, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a shop's six migrations."""
    files = sorted((Path(__file__).parent / "shop").glob("*.sql"))
    migrations = {int(file.stem): file.read_text(encoding="utf-8") for file in files}
    history = history_of(migrations, tmp_path_factory.mktemp("shop-migrations"), server)
    return build(history, tmp_path_factory.mktemp("shop-site"))
