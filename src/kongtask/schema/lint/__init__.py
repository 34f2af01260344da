"""What a database administrator would say about a schema: rules as pure functions of the model."""

from kongtask.schema.lint.rule import Problem, SchemaRule
from kongtask.schema.lint.rules import RULES, lint

__all__ = ["RULES", "Problem", "SchemaRule", "lint"]
