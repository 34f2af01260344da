"""Proof of life: pools register, show that they are alive, and take over from those that are not.

All of it lives in the schema beside the worker schema. Where that is missing, workers run without.
"""

from kongtask.worker.life.events import PoolFenced, PoolRecovered
from kongtask.worker.life.life import Life, PoolFacts
from kongtask.worker.life.options import LifeOptions

__all__ = ["Life", "LifeOptions", "PoolFacts", "PoolFenced", "PoolRecovered"]
