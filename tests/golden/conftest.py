"""``--update-golden`` writes what the exporter says now into the golden cases."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write expected.sql of the golden cases anew; look at the diff before committing",
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether to write the expected text instead of comparing with it."""
    return bool(request.config.getoption("--update-golden", default=False))
