"""A database: schemas, and what none of them owns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from msgspec.structs import replace

from kongtask.schema.model.base import Grant, Kind, Ref, SecurityLabel, Value
from kongtask.schema.model.schema import DefaultPrivileges, ExtensionMember, Requirement, Schema


class DatabaseObject(Value, frozen=True, kw_only=True):
    """What all objects have that no schema owns.

    Attributes:
        comment, owner, grants, security_labels: where there are some.
        requires: what must exist before this can be created.
    """

    comment: str | None = None
    owner: str | None = None
    grants: tuple[Grant, ...] = ()
    security_labels: tuple[SecurityLabel, ...] = ()
    requires: frozenset[Ref] = frozenset()

    @property
    def ref(self) -> Ref:
        """Its identity."""
        raise NotImplementedError


class NamedDatabaseObject(DatabaseObject, frozen=True, kw_only=True):
    """One whose kind and name say which one it is."""

    own_kind: ClassVar[Kind]

    name: str

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(self.own_kind, "", self.name)


class Extension(NamedDatabaseObject, frozen=True, kw_only=True):
    """An extension, in the version that the server has.

    Attributes:
        schema: where its objects live.
        schemas: those that it makes itself.
        comment: where it is not the extension's own.
    """

    own_kind: ClassVar[Kind] = Kind.EXTENSION

    schema: str
    schemas: tuple[str, ...] = ()


class Language(NamedDatabaseObject, frozen=True, kw_only=True):
    """A procedural language; its functions by their qualified names."""

    own_kind: ClassVar[Kind] = Kind.LANGUAGE

    trusted: bool
    handler: str
    inline: str | None = None
    validator: str | None = None


class AccessMethod(NamedDatabaseObject, frozen=True, kw_only=True):
    """An access method of tables or indexes.

    Attributes:
        type: ``TABLE`` or ``INDEX``.
    """

    own_kind: ClassVar[Kind] = Kind.ACCESS_METHOD

    type: str
    handler: str


class ForeignDataWrapper(NamedDatabaseObject, frozen=True, kw_only=True):
    """A foreign-data wrapper; its options as OPTIONS takes them."""

    own_kind: ClassVar[Kind] = Kind.FOREIGN_DATA_WRAPPER

    handler: str | None = None
    validator: str | None = None
    options: tuple[str, ...] = ()


class Server(NamedDatabaseObject, frozen=True, kw_only=True):
    """A foreign server; its options as OPTIONS takes them."""

    own_kind: ClassVar[Kind] = Kind.SERVER

    wrapper: str
    type: str | None = None
    version: str | None = None
    options: tuple[str, ...] = ()


class UserMapping(DatabaseObject, frozen=True, kw_only=True):
    """What a foreign server knows a user as, without secrets.

    Attributes:
        user: a role; None is PUBLIC.
        options: as OPTIONS takes them; never a password.
    """

    server: str
    user: str | None
    options: tuple[str, ...] = ()

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.USER_MAPPING, "", self.server, self.user or "")


class Cast(DatabaseObject, frozen=True, kw_only=True):
    """A cast.

    Attributes:
        source, target: types.
        method: ``WITH FUNCTION …``, ``WITHOUT FUNCTION`` or ``WITH INOUT``.
        context: ``ASSIGNMENT``, ``IMPLICIT``, or None where it must be written out.
    """

    source: str
    target: str
    method: str
    context: str | None = None

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.CAST, "", self.source, self.target)


class Transform(DatabaseObject, frozen=True, kw_only=True):
    """A transform between a type and a language; its functions with their arguments."""

    type: str
    language: str
    from_sql: str | None = None
    to_sql: str | None = None

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.TRANSFORM, "", self.type, self.language)


class PublicationTable(Value, frozen=True, kw_only=True):
    """A table of a publication.

    Attributes:
        schema, name: the table's.
        columns: the ones that are published; empty where all are.
        filter: the expression that tells which rows are.
    """

    schema: str
    name: str
    columns: tuple[str, ...] = ()
    filter: str | None = None


class Publication(NamedDatabaseObject, frozen=True, kw_only=True):
    """A publication.

    Attributes:
        all_tables: FOR ALL TABLES.
        tables, schemas: what it publishes, by name.
        operations: what it publishes of them: ``insert``, ``update``, ``delete``, ``truncate``.
        via_root: partitions are published as their partitioned table.
        generated_columns: stored generated columns are published too (from 18).
    """

    own_kind: ClassVar[Kind] = Kind.PUBLICATION

    all_tables: bool = False
    tables: tuple[PublicationTable, ...] = ()
    schemas: tuple[str, ...] = ()
    operations: tuple[str, ...] = ("insert", "update", "delete", "truncate")
    via_root: bool = False
    generated_columns: bool = False


class EventTrigger(NamedDatabaseObject, frozen=True, kw_only=True):
    """An event trigger.

    Attributes:
        event: ``ddl_command_start`` and so on.
        tags: the commands that it is for; empty where it is for all.
        function: its qualified name.
        enabled: O(rigin), D(isabled), R(eplica), A(lways).
    """

    own_kind: ClassVar[Kind] = Kind.EVENT_TRIGGER

    event: str
    function: str
    tags: tuple[str, ...] = ()
    enabled: str = "O"


class Database(Value, frozen=True, kw_only=True):
    """Schemas, and what none of them owns as far as it was asked for, each kind sorted by name.

    Attributes:
        schemas: those that were read.
        default_privileges: those that hold in every schema.
        extension_members: what extensions own in no schema and somebody granted.
        left_out: what was asked for and is not here, one sentence each: an object that needs
            something in a schema that was not read, a secret.
    """

    schemas: tuple[Schema, ...]
    extensions: tuple[Extension, ...] = ()
    languages: tuple[Language, ...] = ()
    access_methods: tuple[AccessMethod, ...] = ()
    foreign_data_wrappers: tuple[ForeignDataWrapper, ...] = ()
    servers: tuple[Server, ...] = ()
    user_mappings: tuple[UserMapping, ...] = ()
    casts: tuple[Cast, ...] = ()
    transforms: tuple[Transform, ...] = ()
    publications: tuple[Publication, ...] = ()
    event_triggers: tuple[EventTrigger, ...] = ()
    default_privileges: tuple[DefaultPrivileges, ...] = ()
    extension_members: tuple[ExtensionMember, ...] = ()
    left_out: tuple[str, ...] = ()

    def only(self, names: Iterable[str]) -> Database:
        """Return the same with some of the schemas only."""
        wanted = set(names)
        kept = tuple(schema for schema in self.schemas if schema.name in wanted)
        return replace(self, schemas=kept)

    def objects(self) -> Iterator[DatabaseObject]:
        """Yield what no schema owns, in the order of the file."""
        for kind in (
            self.extensions, self.languages, self.access_methods, self.foreign_data_wrappers,
            self.servers, self.user_mappings, self.casts, self.transforms, self.publications,
            self.event_triggers,
        ):  # fmt: skip
            yield from kind

    def roles(self, *, privileges: bool = True, owners: bool = True) -> tuple[Requirement, ...]:
        """Return the roles that the text names."""
        found: set[str | None] = {mapping.user for mapping in self.user_mappings}
        if owners:
            found |= {item.owner for item in self.objects()}
        if privileges:
            found |= {role for grant in self._grants() for role in (grant.grantee, grant.grantor)}
            found |= {default.role for default in self.default_privileges}
        for schema in self.schemas:
            needs = schema.roles(privileges=privileges, owners=owners)
            found |= {need.name for need in needs}
        names = sorted(name for name in found if name is not None)
        return tuple(Requirement(kind="role", name=name) for name in names)

    def _grants(self) -> Iterator[Grant]:
        for item in self.objects():
            yield from item.grants
        for default in self.default_privileges:
            yield from default.grants
        for member in self.extension_members:
            yield from member.grants
