"""Faults of migrations: what squawk says, what kongtask knows besides, and what is silenced."""

from kongtask.migrate.lint.check import lint
from kongtask.migrate.lint.problem import Problem
from kongtask.migrate.lint.rules import RULES, rule_of
from kongtask.migrate.lint.squawk import find_squawk

__all__ = ["RULES", "Problem", "find_squawk", "lint", "rule_of"]
