"""The whole: a schema and what it leans on."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.schema.model.base import Grant, Kind, Ref, SchemaObject, SecurityLabel, Value
from kongtask.schema.model.operators import Conversion, Operator, OperatorClass, OperatorFamily
from kongtask.schema.model.relations import Statistics, Table, View
from kongtask.schema.model.routines import Aggregate, Routine
from kongtask.schema.model.sequences import Sequence
from kongtask.schema.model.text_search import (
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
)
from kongtask.schema.model.types import (
    BaseType,
    Collation,
    CompositeType,
    Domain,
    EnumType,
    RangeType,
)


class Requirement(Value, frozen=True, kw_only=True):
    """Something outside the schema that its text leans on.

    Attributes:
        kind: ``extension``, ``schema``, ``role``, ``language``, ``foreign server``,
            ``access method`` and so on.
        name: its name.
        schema: an extension's schema.
    """

    kind: str
    name: str
    schema: str | None = None


class DefaultPrivileges(Value, frozen=True, kw_only=True):
    """What a role's future objects in the schema will give.

    Attributes:
        role: whose objects.
        kind: ``TABLES``, ``SEQUENCES``, ``FUNCTIONS``, ``TYPES``.
    """

    role: str
    kind: str
    grants: tuple[Grant, ...]


class ExtensionMember(Value, frozen=True, kw_only=True):
    """Something that an extension owns and somebody granted: only the grants are exported.

    Attributes:
        target: the kind and the quoted name, as GRANT takes them.
        grants: those that the extension did not make itself, its columns' too.
    """

    target: str
    grants: tuple[Grant, ...]


class Schema(Value, frozen=True, kw_only=True):
    """Everything that one schema owns, each kind sorted by name under the C collation.

    Attributes:
        extension_members: what extensions own in it and somebody granted.
        requirements: what it leans on and does not own.
        outside_tables: tables elsewhere that its own inherit from, with their columns only.
    """

    name: str
    comment: str | None = None
    owner: str | None = None
    grants: tuple[Grant, ...] = ()
    security_labels: tuple[SecurityLabel, ...] = ()
    default_privileges: tuple[DefaultPrivileges, ...] = ()
    extension_members: tuple[ExtensionMember, ...] = ()
    collations: tuple[Collation, ...] = ()
    enums: tuple[EnumType, ...] = ()
    composites: tuple[CompositeType, ...] = ()
    ranges: tuple[RangeType, ...] = ()
    base_types: tuple[BaseType, ...] = ()
    domains: tuple[Domain, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    tables: tuple[Table, ...] = ()
    views: tuple[View, ...] = ()
    statistics: tuple[Statistics, ...] = ()
    routines: tuple[Routine, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    operators: tuple[Operator, ...] = ()
    operator_families: tuple[OperatorFamily, ...] = ()
    operator_classes: tuple[OperatorClass, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    text_search_parsers: tuple[TextSearchParser, ...] = ()
    text_search_templates: tuple[TextSearchTemplate, ...] = ()
    text_search_dictionaries: tuple[TextSearchDictionary, ...] = ()
    text_search_configurations: tuple[TextSearchConfiguration, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    outside_tables: tuple[Table, ...] = ()

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.SCHEMA, self.name, "")

    def objects(self) -> Iterator[SchemaObject]:
        """Yield everything that has a name of its own in the schema, but for indexes."""
        for kind in (
            self.collations, self.enums, self.composites, self.ranges, self.base_types,
            self.domains, self.sequences, self.tables, self.views, self.statistics, self.routines,
            self.aggregates, self.operators, self.operator_families, self.operator_classes,
            self.conversions, self.text_search_parsers, self.text_search_templates,
            self.text_search_dictionaries, self.text_search_configurations,
        ):  # fmt: skip
            yield from kind

    def relations(self) -> Iterator[Table | View]:
        """Yield the tables, then the views."""
        yield from self.tables
        yield from self.views

    def roles(self, *, privileges: bool = True, owners: bool = True) -> tuple[Requirement, ...]:
        """Return the roles that owners and grants name, which only a text with those needs."""
        found: set[str | None] = set()
        if owners:
            found |= {self.owner, *(item.owner for item in self.objects())}
        if privileges:
            found |= {role for grant in self._grants() for role in (grant.grantee, grant.grantor)}
            found |= {default.role for default in self.default_privileges}
        names = sorted(name for name in found if name is not None)
        return tuple(Requirement(kind="role", name=name) for name in names)

    def table(self, name: str) -> Table:
        """Return the table of a name.

        Raises:
            KeyError: there is none.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)

    def _grants(self) -> Iterator[Grant]:
        yield from self.grants
        for default in self.default_privileges:
            yield from default.grants
        for member in self.extension_members:
            yield from member.grants
        for item in self.objects():
            yield from item.grants
        for relation in self.relations():
            for column in relation.columns:
                yield from column.grants
