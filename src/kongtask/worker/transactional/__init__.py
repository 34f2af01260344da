"""Tasks in a transaction: their writes, the jobs they add and their job's end, all or nothing."""

from kongtask.worker.transactional.runner import TransactionalRunner
from kongtask.worker.transactional.sources import Transactions

__all__ = ["TransactionalRunner", "Transactions"]
