"""Golden cases: each is exported, loaded, exported again and judged by pg_dump, on every server."""

from __future__ import annotations

import os

import pytest

from kongtask.database.connection import Connection, connect
from kongtask.database.scratch import scratch_database
from kongtask.schema import read_all, render
from tests.conftest import Servers, server_binaries
from tests.golden.cases import CASES, Case
from tests.golden.judge import disagreement, statements

MAJORS = list(server_binaries())

#: pg_dump takes half of the time, and says the same on every server: ask it on one.
JUDGED = MAJORS if os.environ.get("KONGTASK_TEST_LONG") else MAJORS[-1:]

PARAMETERS = [
    pytest.param(case, major, id=f"{case.folder.name}-pg{major}")
    for case in CASES
    for major in MAJORS
    if major >= case.oldest
]


@pytest.mark.parametrize(("case", "major"), PARAMETERS)
def test_an_export_is_as_expected_loads_and_loses_nothing(
    case: Case, major: int, servers: Servers, update_golden: bool
) -> None:
    """The text is the expected one; it loads; the copy exports to the same; pg_dump agrees."""
    server = servers.target(major)
    with (
        scratch_database(server) as original,
        scratch_database(server) as copy,
        connect(original) as connection,
        connect(copy) as loaded,
    ):
        _skip_without(case, connection)
        connection.execute(case.text.encode())
        text = _export(connection, case)
        if update_golden and (major == MAJORS[-1] or case.needs):
            case.expected.write_bytes(text.encode())
        if major >= case.same_from and not update_golden:
            assert text == case.expected.read_bytes().decode()

        loaded.execute(case.surroundings.encode())
        loaded.execute(text.encode())
        assert _export(loaded, case) == text

        if major in JUDGED or case.needs:
            before = statements(original, case.schemas, privileges=case.privileges)
            after = statements(copy, case.schemas, privileges=case.privileges)
            assert not disagreement(before, after)


def _export(connection: Connection, case: Case) -> str:
    schemas = read_all(connection, case.schemas)
    return render(*schemas, owners=case.privileges, privileges=case.privileges)


def _skip_without(case: Case, connection: Connection) -> None:
    if case.needs == "icu":
        found = connection.execute(
            "select count(*) from pg_collation where collprovider = 'i'"
        ).fetchone()
        if found is None or found[0] < 2:
            pytest.skip("this server was built without ICU")
