"""The worker's databases and applications."""

from tests.worker.conftest import app, own_server, queue

__all__ = ["app", "own_server", "queue"]
