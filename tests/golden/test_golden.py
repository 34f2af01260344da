"""Golden cases: each is exported, loaded, exported again and judged by pg_dump, on every server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.scratch import scratch_database
from kongtask.schema import decode, encode, read_database, render
from kongtask.schema.model import Database
from tests.conftest import Servers, server_binaries
from tests.golden.cases import CASES, Case
from tests.golden.judge import disagreement, statements
from tests.printing import printed_by_postgresql

MAJORS = list(server_binaries())

#: pg_dump takes half of the time, and says the same on every server: ask it on one.
JUDGED = MAJORS if os.environ.get("KONGTASK_TEST_LONG") else MAJORS[-1:]

PARAMETERS = [
    pytest.param(case, major, id=f"{case.folder.name}-pg{major}")
    for case in CASES
    for major in MAJORS
    if major >= case.oldest
]


#: Makes a database nearly as good as new; a new one for each case took a third of the time.
EMPTY = """
drop transform if exists for int language sql cascade;
do $$
declare statement text;
begin
  for statement in
    select format('drop event trigger %I', evtname) from pg_event_trigger
    union all
    select format('drop publication %I', pubname) from pg_publication
    union all
    select format('drop extension if exists %I cascade', extname)
    from pg_extension where oid >= 16384
  loop
    execute statement;
  end loop;
  for statement in
    select format('drop schema if exists %I cascade', nspname) from pg_namespace
    where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')
    union all
    select format('drop foreign data wrapper if exists %I cascade', fdwname)
    from pg_foreign_data_wrapper
    union all
    select format('drop access method if exists %I cascade', amname) from pg_am where oid >= 16384
    union all
    select format('drop language if exists %I cascade', lanname) from pg_language where oid >= 16384
    union all
    select format('drop cast if exists (%s as %s)', castsource::regtype, casttarget::regtype)
    from pg_cast
    where oid >= 16384 and castsource < 16384 and casttarget < 16384 and castmethod <> 'f'
    union all
    select format('drop owned by %I', rolname) from pg_roles
    where oid in (select defaclrole from pg_default_acl)
  loop
    execute statement;
  end loop;
end $$;
"""


class Arena:
    """Two databases on a server: one for the input, one for its export."""

    def __init__(self, server: Target, stack: ExitStack) -> None:
        self.targets = [stack.enter_context(scratch_database(server)) for _ in range(2)]
        self.connections = [stack.enter_context(connect(target)) for target in self.targets]


@pytest.fixture(scope="module")
def arena(servers: Servers) -> Iterator[Callable[[int], Arena]]:
    """The arena of a major version, emptied."""
    arenas: dict[int, Arena] = {}
    with ExitStack() as stack:

        def emptied(major: int) -> Arena:
            if major not in arenas:
                arenas[major] = Arena(servers.target(major), stack)
            for connection in arenas[major].connections:
                connection.execute("reset all")
                connection.execute(EMPTY)
            return arenas[major]

        yield emptied


@pytest.mark.every_server
@pytest.mark.parametrize(("case", "major"), PARAMETERS)
def test_an_export_is_as_expected_loads_and_loses_nothing(
    case: Case, major: int, arena: Callable[[int], Arena], update_golden: bool
) -> None:
    """The text is the expected one; it loads; the copy exports to the same; pg_dump agrees."""
    (original, copy), (connection, loaded) = arena(major).targets, arena(major).connections
    _skip_without(case, connection)
    connection.execute(case.text.encode())
    text = _export(connection, case)
    with printed_by_postgresql():
        everything = _read(connection, case)
    assert everything == _read(connection, case), "kongtask prints what PostgreSQL prints"
    if update_golden and (major == MAJORS[-1] or case.needs):
        case.expected.write_bytes(text.encode())
    if major >= case.same_from and not update_golden:
        assert text == case.expected.read_bytes().decode()

    loaded.execute(case.surroundings.encode())
    loaded.execute(text.encode())
    assert _export(loaded, case) == text

    if major in JUDGED or case.needs:
        chosen = () if case.objects or case.extensions else case.schemas
        before = statements(original, chosen, privileges=case.privileges)
        after = statements(copy, chosen, privileges=case.privileges)
        assert not disagreement(before, after)


def _read(connection: Connection, case: Case) -> Database:
    return read_database(
        connection,
        case.schemas,
        objects=case.objects,
        extensions="needed" if case.extensions else "none",
    )


def _export(connection: Connection, case: Case) -> str:
    database = _read(connection, case)
    assert decode(encode(database)) == database
    return render(
        *database.schemas,
        database=database,
        owners=case.privileges,
        privileges=case.privileges,
    )


def _skip_without(case: Case, connection: Connection) -> None:
    if case.needs == "icu":
        found = connection.execute(
            "select count(*) from pg_collation where collprovider = 'i'"
        ).fetchone()
        if found is None or found[0] < 2:
            pytest.skip("this server was built without ICU")
    elif case.needs is not None:
        name = case.needs.removeprefix("extension ")
        found = connection.execute(
            "select count(*) from pg_available_extensions where name = %s", [name]
        ).fetchone()
        if found == (0,):
            pytest.skip(f"this server has no extension {name}")
