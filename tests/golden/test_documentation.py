"""Every kind of object that an export knows has a page, with its SQL on it."""

from __future__ import annotations

import pytest

from kongtask.database.connection import Connection
from kongtask.schema import read_database
from kongtask.schema.docs import documentation, make_reference
from kongtask.schema.history import Revision, make_history
from tests.golden.cases import CASES, Case

#: What the server of these tests need not have been built with.
PLAIN = [case for case in CASES if case.needs is None]


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.folder.name)
def test_every_object_of_a_case_is_documented(case: Case, connection: Connection) -> None:
    connection.execute(case.text.encode())
    for schema in case.schemas:
        database = read_database(connection, [schema], objects=case.objects)
        history = make_history([Revision(number=1, name="000001.sql", database=database)])
        reference = make_reference(history)
        for entry in reference.entries:
            assert entry.page.definition, entry.path
        wanted = {item.ref for item in database.schemas[0].relations()}
        assert wanted <= {entry.ref for entry in reference.entries}
        pages = documentation(history, "both")
        assert len(pages) == len({path.casefold() for path in pages})
