"""A schema's history -> all that its documentation says, whatever the format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kongtask.schema.docs.diagrams import neighbours, overview
from kongtask.schema.docs.moments import Moment, moments
from kongtask.schema.docs.objects import facts, grids
from kongtask.schema.docs.scene import Scene, name_of
from kongtask.schema.docs.view import Diagram, Entry, Happening, Page, Reference, Version
from kongtask.schema.history import History, blames
from kongtask.schema.model import Kind, Ref
from kongtask.schema.paths import path_of

#: Kinds in the order in which a reader looks for them; all others follow.
_ORDER = (
    Kind.SCHEMA, Kind.TABLE, Kind.FOREIGN_TABLE, Kind.VIEW, Kind.MATERIALIZED_VIEW, Kind.FUNCTION,
    Kind.PROCEDURE, Kind.AGGREGATE, Kind.TYPE, Kind.DOMAIN, Kind.SEQUENCE,
)  # fmt: skip


class _Draft:
    """An object whose versions are being gathered."""

    def __init__(self) -> None:
        self.signature: Any = None
        self.versions: list[Version] = []
        self.happenings: list[Happening] = []

    @property
    def page(self) -> Page | None:
        return self.versions[-1].page if self.versions else None


def make_reference(history: History) -> Reference:
    """Return the documentation of a schema at every revision.

    What a migration has not changed is not made again: a page has as many versions as it had
    changes.
    """
    drafts: dict[Ref, _Draft] = {}
    scene: Scene | None = None
    for (revision, blocks), moment in zip(blames(history), moments(history), strict=True):
        scene = Scene.of(revision.database, moment, blocks)
        _gather(drafts, scene, moment)
    assert scene is not None, "a history has a revision"
    diagram, is_compact = overview(scene)
    return Reference(
        schema=", ".join(schema.name for schema in history.latest.database.schemas),
        revisions=tuple((revision.number, revision.name) for revision in history.revisions),
        entries=tuple(sorted(_entries(drafts), key=_place)),
        diagram=diagram,
        is_compact=is_compact,
    )


def _gather(drafts: dict[Ref, _Draft], scene: Scene, moment: Moment) -> None:
    """Add what a revision has changed."""
    there = set[Ref]()
    for ref in scene.objects():
        last = moment.names[ref]
        there.add(last)
        draft = drafts.setdefault(last, _Draft())
        signature = scene.signature(ref)
        if draft.page is not None and draft.signature == signature:
            continue
        draft.signature = signature
        page = _page(scene, ref)
        if page != draft.page:
            draft.versions.append(Version(number=moment.number, page=page))
    for last, draft in drafts.items():
        draft.happenings += moment.happenings.get(last, [])
        if last not in there and draft.page is not None:
            draft.versions.append(Version(number=moment.number, page=None))


def _page(scene: Scene, ref: Ref) -> Page:
    item = scene.entries[ref].item
    last = scene.moment.names[ref]
    diagram: Diagram | None = neighbours(scene, ref) if ref in scene.tables else None
    introduced = scene.moment.introduced[last]
    return Page(
        ref=ref,
        title=name_of(ref),
        comment=item.comment,
        introduced=introduced,
        touched=scene.moment.touched.get(last, introduced),
        facts=tuple(facts(scene, item)),
        grids=tuple(grids(scene, item)),
        diagram=diagram,
        definition=scene.definitions.get(ref, ()),
    )


def _entries(drafts: dict[Ref, _Draft]) -> Iterator[Entry]:
    for ref, draft in drafts.items():
        if draft.versions:
            yield Entry(
                ref=ref,
                path=path_of(ref),
                versions=tuple(draft.versions),
                happenings=tuple(draft.happenings),
            )


def _place(entry: Entry) -> tuple[int, str, bytes, str]:
    ref = entry.ref
    rank = _ORDER.index(ref.kind) if ref.kind in _ORDER else len(_ORDER)
    return rank, ref.kind.value, ref.name.encode(), ref.detail


def by_kind(entries: Iterable[tuple[Entry, Page]]) -> dict[Kind, list[tuple[Entry, Page]]]:
    """Return objects kind by kind, in their order."""
    found: dict[Kind, list[tuple[Entry, Page]]] = {}
    for entry, page in entries:
        found.setdefault(entry.ref.kind, []).append((entry, page))
    return found
