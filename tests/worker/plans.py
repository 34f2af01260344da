"""The plans of the worker's statements, as its sessions get them: prepared, without values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from psycopg import ClientCursor

from kongtask.database.connection import Connection
from kongtask.database.statements import load_statement
from kongtask.worker.claiming.claimer import _CLAIM_SETTINGS, _RESULT_SETTINGS

#: The types of the statements' values.
_TYPES = {
    "task_ids": "int[]", "forbidden": "text[]", "size": "bigint", "pool_id": "text",
    "now": "timestamptz", "ids": "bigint[]", "moments": "timestamptz[]", "messages": "text[]",
    "payloads": "text[]", "attempts": "int[]", "verdicts": "text[]", "waits": "float8[]",
    "keys": "text[]", "moment": "timestamptz",
    "limits": "json", "free_tasks": "int[]", "limited_tasks": "int[]",
    "reach": "bigint",
    "most": "bigint", "names": "text[]", "revisions": "int[]", "queue_ids": "int[]",
    "permit_ids": "bigint[]", "pers": "float8[]",
}  # fmt: skip


#: Statements of the session that claims.
_CLAIMING = {"claim", "renew", "look", "count", "take"}


def plan_of(
    connection: Connection,
    name: str,
    mode: str,
    values: dict[str, Any],
    package: str = "kongtask.worker.claiming",
    *,
    meanwhile: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Run a statement and return its plan; the transaction is rolled back.

    Args:
        connection: in autocommit mode.
        name: of the statement's file.
        mode: ``force_generic_plan`` or ``force_custom_plan``.
        values: for its placeholders.
        package: whose statement it is.
        meanwhile: what happens after the statement has been run for the first time, and so has been
            planned, and before it is run again.
    """
    text = load_statement(package, name, "graphile_worker").decode()
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
    for number, value in enumerate(names, start=1):
        text = text.replace(f"%({value})s", f"${number}")
    types = ", ".join(_TYPES[value] for value in names)
    settings = _CLAIM_SETTINGS if name in _CLAIMING else _RESULT_SETTINGS
    with connection.transaction(force_rollback=True):
        for setting, value in settings.items():
            connection.execute(f"set local {setting} = {value}".encode())
        connection.execute(f"set local plan_cache_mode = {mode}".encode())
        connection.execute(f"prepare it ({types}) as {text}".encode())
        cursor, given = ClientCursor(connection), [values[value] for value in names]
        execute = f"execute it ({', '.join('%s' for _ in names)})".encode()
        if meanwhile is not None:
            cursor.execute(execute, given)
            meanwhile()
        row = cursor.execute(
            b"explain (analyze, buffers, format json) " + execute, given
        ).fetchone()
        connection.execute(b"deallocate it")
    assert row is not None
    plan: dict[str, Any] = row[0][0]
    return plan


def nodes_of(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every node of a plan."""
    node = plan.get("Plan", plan)
    return [node, *(inner for child in node.get("Plans", ()) for inner in nodes_of(child))]


def reads_of(plan: dict[str, Any], table: str) -> set[str]:
    """Say how a plan that was run has read a table: by which indexes, or ``Seq Scan``."""
    return {
        node.get("Index Name", node["Node Type"])
        for node in nodes_of(plan)
        if (node.get("Relation Name") == table or table in node.get("Index Name", ""))
        and node["Node Type"] != "ModifyTable"
        and node["Actual Loops"] > 0
    }
