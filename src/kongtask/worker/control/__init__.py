"""What is asked of a pool from outside, through the schema beside the worker schema."""

from kongtask.worker.control.control import Control
from kongtask.worker.control.events import PoolResize

__all__ = ["Control", "PoolResize"]
