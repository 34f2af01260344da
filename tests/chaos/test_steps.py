"""The await points at which workers are killed."""

from __future__ import annotations

from typing import get_args

from .faults import places_of
from .steps import Side, all_points


def test_every_await_of_the_worker_is_a_point() -> None:
    functions = {point.function for point in all_points()}
    assert "kongtask.worker.claiming.claimer.Claimer.claim" in functions
    assert "kongtask.worker.life.session.LifeSession._ask" in functions
    assert len(all_points()) > 100


def test_some_seeds_have_all_points_on_both_sides() -> None:
    places = {place for seed in range(100) for place in places_of(seed)}
    assert places == {(str(point), side) for point in all_points() for side in get_args(Side)}
