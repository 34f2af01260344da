"""Functions, procedures and aggregates."""

from __future__ import annotations

from kongtask.schema.model.base import Kind, Ref, SchemaObject


class Routine(SchemaObject, frozen=True, kw_only=True):
    """A function, window function or procedure.

    Attributes:
        kind: FUNCTION or PROCEDURE.
        signature: the input types alone; tells overloads apart.
        identity: argument list without defaults, as COMMENT and ALTER take it.
        body: the source between the quotes; for C the symbol.
        sql_body: an SQL-standard body as PostgreSQL prints it, else None.
        library: the object file of a C function.
        settings: (name, value as SQL text) of each SET clause.
        signature_requires: what the types of its arguments and result need.
    """

    kind: Kind
    signature: str
    identity: str
    arguments: str
    result: str | None
    language: str
    is_window: bool = False
    volatility: str = "VOLATILE"
    strict: bool = False
    leakproof: bool = False
    security_definer: bool = False
    parallel: str = "UNSAFE"
    cost: str | None = None
    rows: str | None = None
    support: str | None = None
    transforms: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    body: str = ""
    sql_body: str | None = None
    library: str | None = None
    signature_requires: frozenset[Ref] = frozenset()

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(self.kind, self.schema, self.name, self.signature)


class Aggregate(SchemaObject, frozen=True, kw_only=True):
    """An aggregate: its CREATE AGGREGATE options in order; an option without a value is None."""

    signature: str
    identity: str
    arguments: str
    options: tuple[tuple[str, str | None], ...]

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.AGGREGATE, self.schema, self.name, self.signature)
