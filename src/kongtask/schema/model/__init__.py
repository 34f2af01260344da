"""A PostgreSQL schema as values: what the catalog reader makes and everything else works on.

All classes are frozen and hold no OIDs, so two schemas are equal when their values are. Definitions
that PostgreSQL prints (expressions, queries, constraints) are kept as it prints them with an empty
search_path: every name that is not in pg_catalog is qualified.
"""

from kongtask.schema.model.base import Grant, Kind, Ref, SchemaObject, SecurityLabel
from kongtask.schema.model.database import (
    AccessMethod,
    Cast,
    Database,
    DatabaseObject,
    EventTrigger,
    Extension,
    ForeignDataWrapper,
    Language,
    Publication,
    PublicationTable,
    Server,
    Transform,
    UserMapping,
)
from kongtask.schema.model.operators import (
    Conversion,
    FamilyMember,
    Operator,
    OperatorClass,
    OperatorFamily,
)
from kongtask.schema.model.parts import (
    Column,
    Constraint,
    ConstraintKind,
    Identity,
    Index,
    NotNull,
    Policy,
    Rule,
    Trigger,
)
from kongtask.schema.model.relations import Relation, Statistics, Table, View
from kongtask.schema.model.routines import Aggregate, Routine
from kongtask.schema.model.schema import DefaultPrivileges, ExtensionMember, Requirement, Schema
from kongtask.schema.model.sequences import Sequence, SequenceOptions
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

__all__ = [
    "AccessMethod",
    "Aggregate",
    "BaseType",
    "Cast",
    "Collation",
    "Column",
    "CompositeType",
    "Constraint",
    "ConstraintKind",
    "Conversion",
    "Database",
    "DatabaseObject",
    "DefaultPrivileges",
    "Domain",
    "EnumType",
    "EventTrigger",
    "Extension",
    "ExtensionMember",
    "FamilyMember",
    "ForeignDataWrapper",
    "Grant",
    "Identity",
    "Index",
    "Kind",
    "Language",
    "NotNull",
    "Operator",
    "OperatorClass",
    "OperatorFamily",
    "Policy",
    "Publication",
    "PublicationTable",
    "RangeType",
    "Ref",
    "Relation",
    "Requirement",
    "Routine",
    "Rule",
    "Schema",
    "SchemaObject",
    "SecurityLabel",
    "Sequence",
    "SequenceOptions",
    "Server",
    "Statistics",
    "Table",
    "TextSearchConfiguration",
    "TextSearchDictionary",
    "TextSearchParser",
    "TextSearchTemplate",
    "Transform",
    "Trigger",
    "UserMapping",
    "View",
]
