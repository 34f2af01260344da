"""Rows of pg_proc and pg_aggregate -> functions, procedures and aggregates."""

from __future__ import annotations

import re
from typing import Any

from kongtask.names import MAX_NAME_BYTES, quote_identifier, quote_literal
from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.register import ROUTINE_KINDS
from kongtask.schema.catalog.source import Source, called_operator
from kongtask.schema.model import Aggregate, Routine

_VOLATILITY = {"v": "VOLATILE", "s": "STABLE", "i": "IMMUTABLE"}
_PARALLEL = {"u": "UNSAFE", "r": "RESTRICTED", "s": "SAFE"}
_MODIFY = {"r": "READ_ONLY", "s": "SHAREABLE", "w": "READ_WRITE"}

_LIST_ITEM = re.compile(r'"(?:[^"]|"")*"|[^\s",][^",]*(?<!\s)')

#: Settings whose value is a list of names, each quoted for itself: GUC_LIST_QUOTE in guc_tables.c.
_NAME_LISTS = frozenset(
    {
        "createrole_self_grant", "local_preload_libraries", "search_path",
        "session_preload_libraries", "shared_preload_libraries", "temp_tablespaces",
        "unix_socket_directories",
    }
)  # fmt: skip


class RoutineReader:
    """Builds the routines of some schemas."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._aggregates = {row.routine: row for row in source.rows["aggregates"]}

    def routines(self) -> list[Routine]:
        """Return functions, window functions and procedures."""
        return [self._routine(row) for row in self._source.rows["routines"] if row.kind != "a"]

    def aggregates(self) -> list[Aggregate]:
        """Return the aggregates."""
        return [self._aggregate(row) for row in self._source.rows["routines"] if row.kind == "a"]

    def _routine(self, row: Any) -> Routine:
        usual_cost = 1 if row.language in {"c", "internal"} else 100
        usual_rows = 1000 if row.returns_set else 0
        return Routine(
            **self._source.common(CatalogClass.PG_PROC, row),
            kind=ROUTINE_KINDS[row.kind],
            signature=row.signature,
            **self._parameters(row),
            language=row.language,
            is_window=row.kind == "w",
            volatility=_VOLATILITY[row.volatility],
            strict=row.strict,
            leakproof=row.leakproof,
            security_definer=row.security_definer,
            parallel=_PARALLEL[row.parallel],
            cost=None if row.cost == usual_cost else f"{row.cost:g}",
            rows=None if row.rows == usual_rows else f"{row.rows:g}",
            support=self._source.routine(row.support),
            transforms=tuple(row.transforms or ()),
            settings=tuple(_setting(text) for text in row.settings or ()),
            body=row.body,
            sql_body=row.sql_body,
            library=row.library.decode() if isinstance(row.library, bytes) else row.library,
            signature_requires=self._source.index.requires(
                CatalogClass.PG_PROC, row.oid, of=(CatalogClass.PG_TYPE,)
            ),
        )

    def _parameters(self, row: Any) -> dict[str, Any]:
        """Return the parameter lists and the result, with every keyword of today quoted."""
        if row.parameters is None:
            return {
                "identity": row.identity, "arguments": row.arguments, "result": row.result,
            }  # fmt: skip
        words = {
            "o": "OUT ",
            "b": "INOUT ",
            "v": "VARIADIC ",
            "i": "IN " if row.kind == "p" else "",
        }
        named = [
            (mode, f"{quote_identifier(name)} {type_}" if name else type_, default)
            for mode, name, type_, default in row.parameters
        ]
        taken = [(words[mode] + text, default) for mode, text, default in named if mode != "t"]
        table = ", ".join(text for mode, text, _ in named if mode == "t")
        return {
            "identity": ", ".join(text for text, _ in taken),
            "arguments": ", ".join(
                text if default is None else f"{text} DEFAULT {default}" for text, default in taken
            ),
            "result": f"TABLE({table})" if table else row.result,
        }

    def _aggregate(self, row: Any) -> Aggregate:
        return Aggregate(
            **self._source.common(CatalogClass.PG_PROC, row),
            signature=row.signature,
            identity=row.identity,
            arguments=row.arguments,
            options=self._aggregate_options(self._aggregates[row.oid]),
        )

    def _aggregate_options(self, row: Any) -> tuple[tuple[str, str | None], ...]:
        routine, usual_modify = self._source.routine, "r" if row.kind == "n" else "w"
        named: list[tuple[str, Any]] = [
            ("SFUNC", routine(row.sfunc)),
            ("STYPE", row.stype),
            ("SSPACE", row.sspace),
            ("FINALFUNC", routine(row.finalfunc)),
            ("FINALFUNC_EXTRA", row.finalfunc_extra),
            ("FINALFUNC_MODIFY", _modify(row.finalfunc, row.finalfunc_modify, usual_modify)),
            ("COMBINEFUNC", routine(row.combinefunc)),
            ("SERIALFUNC", routine(row.serialfunc)),
            ("DESERIALFUNC", routine(row.deserialfunc)),
            ("INITCOND", _quoted(row.initcond)),
            ("MSFUNC", routine(row.msfunc)),
            ("MINVFUNC", routine(row.minvfunc)),
            ("MSTYPE", row.mstype),
            ("MSSPACE", row.msspace),
            ("MFINALFUNC", routine(row.mfinalfunc)),
            ("MFINALFUNC_EXTRA", row.mfinalfunc_extra),
            ("MFINALFUNC_MODIFY", _modify(row.mfinalfunc, row.mfinalfunc_modify, usual_modify)),
            ("MINITCOND", _quoted(row.minitcond)),
            ("SORTOP", called_operator(self._source.operator(row.sortop))),
            ("PARALLEL", None if row.parallel == "u" else _PARALLEL[row.parallel]),
            ("HYPOTHETICAL", row.kind == "h"),
        ]
        return tuple(
            (name, None if value is True else str(value))
            for name, value in named
            if value is not None and value is not False
        )


def _setting(text: str) -> tuple[str, str]:
    """Split ``name=value`` of pg_proc.proconfig and quote the value as SET wants it."""
    name, _, value = text.partition("=")
    if name.lower() in _NAME_LISTS:
        return name, ", ".join(_item(item) for item in _LIST_ITEM.findall(value) or ['""'])
    return ".".join(quote_identifier(part) for part in name.split(".")), quote_literal(value)


def _item(item: str) -> str:
    """Return an item of a list of names, which the catalog holds already quoted.

    One that cannot be an identifier, being empty or too long, needs quotes of the other kind.
    """
    name = item[1:-1].replace('""', '"') if item.startswith('"') else item
    return item if 0 < len(name.encode()) <= MAX_NAME_BYTES else quote_literal(name)


def _quoted(text: str | None) -> str | None:
    return None if text is None else quote_literal(text)


def _modify(function: int, mode: str, usual: str) -> str | None:
    return None if not function or mode == usual else _MODIFY[mode]
