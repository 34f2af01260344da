"""Rows of pg_proc and pg_aggregate -> functions, procedures and aggregates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kongtask.names import quote_identifier, quote_literal
from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.index import ObjectIndex
from kongtask.schema.catalog.relations import Rows
from kongtask.schema.model import Aggregate, Kind, Ref, Routine

_KINDS = {"f": Kind.FUNCTION, "w": Kind.FUNCTION, "p": Kind.PROCEDURE, "a": Kind.AGGREGATE}
_VOLATILITY = {"v": "VOLATILE", "s": "STABLE", "i": "IMMUTABLE"}
_PARALLEL = {"u": "UNSAFE", "r": "RESTRICTED", "s": "SAFE"}
_MODIFY = {"r": "READ_ONLY", "s": "SHAREABLE", "w": "READ_WRITE"}

#: Settings whose value is a list of names, each quoted for itself: GUC_LIST_QUOTE in guc_tables.c.
_NAME_LISTS = frozenset(
    {
        "createrole_self_grant", "local_preload_libraries", "search_path",
        "session_preload_libraries", "shared_preload_libraries", "temp_tablespaces",
        "unix_socket_directories",
    }
)  # fmt: skip


def register(rows: Rows, index: ObjectIndex) -> None:
    """Tell the index who is who among routines."""
    for row in rows["routines"]:
        ref = Ref(_KINDS[row.kind], row.schema, row.name, row.signature)
        index.add(CatalogClass.PG_PROC, row.oid, ref)


class RoutineReader:
    """Builds the routines of some schemas from their rows."""

    def __init__(self, rows: Rows, index: ObjectIndex) -> None:
        self._rows, self._index = rows, index
        self._aggregates = {row.routine: row for row in rows["aggregates"]}

    def routines(self) -> list[Routine]:
        """Return functions, window functions and procedures."""
        return [self._routine(row) for row in self._rows["routines"] if row.kind != "a"]

    def aggregates(self) -> list[Aggregate]:
        """Return the aggregates."""
        return [self._aggregate(row) for row in self._rows["routines"] if row.kind == "a"]

    def _routine(self, row: Any) -> Routine:
        usual_cost = 1 if row.is_cheap else 100
        usual_rows = 1000 if row.returns_set else 0
        return Routine(
            kind=_KINDS[row.kind],
            schema=row.schema,
            name=row.name,
            owner=row.owner,
            comment=row.comment,
            signature=row.signature,
            identity=row.identity,
            arguments=row.arguments,
            result=row.result,
            language=row.language,
            is_window=row.kind == "w",
            volatility=_VOLATILITY[row.volatility],
            strict=row.strict,
            leakproof=row.leakproof,
            security_definer=row.security_definer,
            parallel=_PARALLEL[row.parallel],
            cost=None if row.cost == usual_cost else f"{row.cost:g}",
            rows=None if row.rows == usual_rows else f"{row.rows:g}",
            support=row.support,
            transforms=tuple(row.transforms),
            settings=tuple(_setting(text) for text in row.settings),
            body=row.body,
            sql_body=row.sql_body,
            library=row.library.decode() if isinstance(row.library, bytes) else row.library,
            requires=self._index.requires(CatalogClass.PG_PROC, row.oid),
        )

    def _aggregate(self, row: Any) -> Aggregate:
        return Aggregate(
            schema=row.schema,
            name=row.name,
            owner=row.owner,
            comment=row.comment,
            signature=row.signature,
            identity=row.identity,
            arguments=row.arguments,
            options=_aggregate_options(self._aggregates[row.oid]),
            requires=self._index.requires(CatalogClass.PG_PROC, row.oid),
        )


def _setting(text: str) -> tuple[str, str]:
    """Split ``name=value`` of pg_proc.proconfig and quote the value as SET wants it."""
    name, _, value = text.partition("=")
    if name.lower() in _NAME_LISTS:
        # The catalog holds such a list already quoted, item by item.
        return quote_identifier(name), value or "''"
    return _setting_name(name), quote_literal(value)


def _setting_name(name: str) -> str:
    return ".".join(quote_identifier(part) for part in name.split("."))


def _aggregate_options(row: Any) -> tuple[tuple[str, str | None], ...]:
    usual_modify = "r" if row.kind == "n" else "w"
    quoted: Callable[[str | None], str | None] = lambda text: (
        None if text is None else quote_literal(text)
    )
    named: list[tuple[str, Any]] = [
        ("SFUNC", row.sfunc),
        ("STYPE", row.stype),
        ("SSPACE", row.sspace),
        ("FINALFUNC", row.finalfunc),
        ("FINALFUNC_EXTRA", row.finalfunc_extra),
        ("FINALFUNC_MODIFY", _modify(row.finalfunc, row.finalfunc_modify, usual_modify)),
        ("COMBINEFUNC", row.combinefunc),
        ("SERIALFUNC", row.serialfunc),
        ("DESERIALFUNC", row.deserialfunc),
        ("INITCOND", quoted(row.initcond)),
        ("MSFUNC", row.msfunc),
        ("MINVFUNC", row.minvfunc),
        ("MSTYPE", row.mstype),
        ("MSSPACE", row.msspace),
        ("MFINALFUNC", row.mfinalfunc),
        ("MFINALFUNC_EXTRA", row.mfinalfunc_extra),
        ("MFINALFUNC_MODIFY", _modify(row.mfinalfunc, row.mfinalfunc_modify, usual_modify)),
        ("MINITCOND", quoted(row.minitcond)),
        ("SORTOP", row.sortop),
        ("HYPOTHETICAL", row.kind == "h"),
    ]
    return tuple(
        (name, None if value is True else str(value))
        for name, value in named
        if value is not None and value is not False
    )


def _modify(function: str | None, mode: str, usual: str) -> str | None:
    return None if function is None or mode == usual else _MODIFY[mode]
