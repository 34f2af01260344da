"""The schema that kongtask installs is the one that Graphile Worker installs."""

from __future__ import annotations

import pytest

from kongtask.database.connection import Target, connect
from kongtask.database.scratch import scratch_database
from kongtask.schema import render
from kongtask.schema.model import Schema

from .own import install, read_ledger, read_model
from .peer import Peer

HOSTILE = 'we"ird; drop'

#: What the exporter's model leaves out because it is not portable: names of NOT NULL constraints
#: (PostgreSQL 18), owned sequences at their place, privileges as the catalog holds them.
RAW_FACTS = """
select 'constraint', conname, conrelid::regclass::text, pg_get_constraintdef(oid)
  from pg_constraint where connamespace = 'graphile_worker'::regnamespace
union all
select 'relation', relname, relkind::text, concat_ws(
    ' ', relrowsecurity, relforcerowsecurity, relreplident, relpersistence, relacl, reloptions)
  from pg_class where relnamespace = 'graphile_worker'::regnamespace
union all
select 'sequence', seqrelid::regclass::text, seqtypid::regtype::text, concat_ws(
    ' ', seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle)
  from pg_sequence join pg_class on pg_class.oid = seqrelid
  where relnamespace = 'graphile_worker'::regnamespace
union all
select 'function', proname, pg_get_function_arguments(oid), concat_ws(
    ' ', pg_get_function_result(oid), prolang, prokind, provolatile, proisstrict, proleakproof,
    proparallel, procost, prorows, prosecdef, proconfig, proacl)
  from pg_proc where pronamespace = 'graphile_worker'::regnamespace
union all
select 'type', typname, typtype::text, typacl::text
  from pg_type where typnamespace = 'graphile_worker'::regnamespace
order by 1, 2, 3, 4
"""


def read_raw_facts(target: Target) -> list[tuple[str, ...]]:
    with connect(target) as connection:
        return connection.execute(RAW_FACTS).fetchall()


def test_schemas_are_equal_at_each_revision_on_each_server(
    node: Peer, revision: int, each_server: Target
) -> None:
    """Both install the same schema, by the exporter's model and by the bare catalogs."""
    with scratch_database(each_server) as theirs, scratch_database(each_server) as ours:
        node.migrate(theirs)
        install(ours, revision)

        assert_same(read_model(ours), read_model(theirs))
        assert read_raw_facts(ours) == read_raw_facts(theirs)


def test_ledgers_are_equal(node: Peer, revision: int, server: Target) -> None:
    """Both record the same numbers and the same breaking marks."""
    with scratch_database(server) as theirs, scratch_database(server) as ours:
        node.migrate(theirs)
        install(ours, revision)

        ledger = [(number, is_breaking) for number, _, is_breaking in read_ledger(ours)]
        assert ledger == [(number, is_breaking) for number, _, is_breaking in read_ledger(theirs)]
        breaking = [number for number, is_breaking in ledger if is_breaking]
        assert breaking == [n for n in (1, 3, 11, 13, 14, 16, 19) if n <= revision]


def test_a_hostile_name_changes_nothing_but_the_name(
    peers: dict[int, Peer], server: Target
) -> None:
    """Quotes, blanks and semicolons in a schema's name reach no other place in either schema."""
    with scratch_database(server) as theirs, scratch_database(server) as ours:
        peers[20].migrate(theirs, HOSTILE)
        install(ours, schema=HOSTILE)

        assert_same(read_model(ours, HOSTILE), read_model(theirs, HOSTILE))


@pytest.mark.parametrize("first", [18, 19])
def test_kongtask_upgrades_what_node_installed(
    peers: dict[int, Peer], first: int, server: Target
) -> None:
    """Our migrations on top of Node's leave Node's latest schema, and our functions in it."""
    with scratch_database(server) as theirs, scratch_database(server) as mixed:
        peers[20].migrate(theirs)
        peers[first].migrate(mixed)
        install(mixed)

        assert_same(read_model(mixed), read_model(theirs))
        assert read_raw_facts(mixed) == read_raw_facts(theirs)
        assert [row[0] for row in read_ledger(mixed)] == [row[0] for row in read_ledger(theirs)]


@pytest.mark.parametrize("first", [18, 19])
def test_node_upgrades_what_kongtask_installed(
    peers: dict[int, Peer], first: int, server: Target
) -> None:
    """Node's migrations on top of ours leave Node's latest schema."""
    with scratch_database(server) as theirs, scratch_database(server) as mixed:
        peers[20].migrate(theirs)
        install(mixed, first)
        peers[20].migrate(mixed)

        assert_same(read_model(mixed), read_model(theirs))
        assert read_raw_facts(mixed) == read_raw_facts(theirs)
        assert [row[0] for row in read_ledger(mixed)] == [row[0] for row in read_ledger(theirs)]


def assert_same(ours: Schema, theirs: Schema) -> None:
    """Compare first the text, where a difference is easy to read, then everything."""
    assert render(ours) == render(theirs)
    assert ours == theirs
