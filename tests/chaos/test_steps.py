"""The await points at which workers are killed."""

from __future__ import annotations

from .steps import all_points


def test_every_await_of_the_worker_is_a_point() -> None:
    functions = {point.function for point in all_points()}
    assert "kongtask.worker.claiming.claimer.Claimer.claim" in functions
    assert "kongtask.worker.life.session.LifeSession._ask" in functions
    assert len(all_points()) > 100
