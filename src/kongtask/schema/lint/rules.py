"""All rules about schemas."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from kongtask.schema.lint import indexes, keys, left_behind, secrets, security
from kongtask.schema.lint.rule import Problem, SchemaRule
from kongtask.schema.model import Database

#: By their ids, in the order of the reference.
RULES: Mapping[str, SchemaRule] = MappingProxyType(
    {
        found.rule.id: found
        for found in (
            keys.no_primary_key,
            keys.unindexed_foreign_key,
            keys.foreign_key_type,
            keys.narrow_key,
            indexes.duplicate_index,
            indexes.redundant_index,
            indexes.invalid_index,
            left_behind.unvalidated_constraint,
            left_behind.disabled_trigger,
            left_behind.timestamp_without_time_zone,
            security.rls_without_policy,
            security.policy_without_rls,
            security.definer_without_search_path,
            security.view_bypasses_rls,
            secrets.secret_in_default,
        )
    }
)


def lint(database: Database, rules: Collection[str]) -> Iterator[tuple[SchemaRule, Problem]]:
    """Yield what some rules find in a database's schemas.

    Args:
        database: the schemas; foreign keys to others are judged as far as it goes.
        rules: ids; those that are not of schemas are passed over.
    """
    for id_, found in RULES.items():
        if id_ in rules:
            for problem in found.check(database):
                yield found, problem
