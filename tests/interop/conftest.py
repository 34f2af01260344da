"""The peers: published Graphile Workers, installed once into .cache/node."""

from __future__ import annotations

import pytest

from tests.npm import RegistryUnreachableError

from .peer import REVISIONS, Peer, peer


@pytest.fixture(scope="session")
def peers() -> dict[int, Peer]:
    """The published Graphile Workers by the revision of their schema."""
    try:
        return {revision: peer(revision) for revision in REVISIONS}
    except RegistryUnreachableError as error:
        pytest.skip(f"the npm registry is unreachable ({error}) and .cache/node is empty")


@pytest.fixture(params=REVISIONS, ids=lambda revision: f"revision{revision}")
def revision(request: pytest.FixtureRequest) -> int:
    """Each schema revision that kongtask knows."""
    number: int = request.param
    return number


@pytest.fixture
def node(peers: dict[int, Peer], revision: int) -> Peer:
    """The Graphile Worker of each revision."""
    return peers[revision]
