"""What ``kongtask schema verify`` verifies, and what a check says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kongtask.cli.outcome import shown
from kongtask.database.embedded import EMBEDDED_MAJOR
from kongtask.errors import SchemaNotFoundError
from kongtask.revisions import Versions, shipped_versions
from kongtask.revisions.verify import Verdict
from kongtask.revisions.versions import under_name
from kongtask.schema.history import History, Revision, make_history

if TYPE_CHECKING:
    from kongtask.database.connection import Target
    from kongtask.schema.diff import Scope
    from kongtask.schema.model import Database
    from kongtask.settings import SchemaSettings, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One comparison.

    Attributes:
        name: ``export``, ``versions`` or ``database``.
        schema: the schema's name.
        is_good: whether the two sides agree.
        sentence: what was compared, and what came of it.
        verdict: what differs, where that can be told object by object.
        advice: what to do about it.
        notes: what a reader should know, and is no fault.
        expected: what should be, where something was compared with it.
        file: the committed file that findings are told at.
        exit_code: of the command, if this is the worst.
    """

    name: str
    schema: str
    is_good: bool
    sentence: str
    verdict: Verdict | None = None
    advice: str = ""
    notes: tuple[str, ...] = ()
    expected: Database | None = None
    file: Path | None = None
    exit_code: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A schema to verify.

    Attributes:
        place: its settings.
        settings: the project's.
        history: what its migrations make, or what its versions say that they made.
        scope: what counts as a difference.
        is_worker: whether its migrations are kongtask's own.
        printed_by: the version of PostgreSQL that printed what the history holds.
        scratch_server: a database of the server that did so, if that was not the embedded one.
        is_offline: whether no server may be used but the live one.
    """

    place: SchemaSettings
    settings: Settings
    history: History
    scope: Scope
    is_worker: bool
    printed_by: int = EMBEDDED_MAJOR
    scratch_server: Target | None = None
    is_offline: bool = False

    @property
    def name(self) -> str:
        """The schema's name."""
        return self.place.name


def recorded_history(place: SchemaSettings, *, is_worker: bool) -> History:
    """Return the history that the committed versions tell, or those that kongtask ships.

    Raises:
        SchemaNotFoundError: there are none.
    """
    versions = Versions(place.versions)
    if is_worker and not versions.numbers():
        versions = shipped_versions()
    found = [(number, versions.read(number)) for number in versions.numbers()]
    revisions = [
        Revision(
            number=number,
            name=f"{number:06}.sql",
            database=under_name(database, place.name) if is_worker else database,
        )
        for number, database in found
        if database is not None
    ]
    if not revisions:
        raise SchemaNotFoundError(
            f"there are no exports by revision in {shown(place.versions)}; run "
            "kongtask schema export-versions where migrations can be run, and commit the folder"
        )
    return make_history(revisions)
