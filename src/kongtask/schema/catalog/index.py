"""Objects by OID while a catalog is read: who is who, and who needs whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.model import Ref

ObjectId = tuple[int, int]


class ObjectIndex:
    """Maps catalog identities to refs, and dependencies between them to dependencies of refs."""

    def __init__(self) -> None:
        self._refs: dict[ObjectId, Ref] = {}
        self._needs: defaultdict[ObjectId, list[ObjectId]] = defaultdict(list)

    def add(self, catalog: CatalogClass, oid: int, ref: Ref) -> None:
        """Register an object under its identity in the catalog."""
        self._refs[catalog, oid] = ref

    def alias(self, catalog: CatalogClass, alias: int, oid: int) -> None:
        """Register another identity of an object, as an array's of its element type."""
        ref = self._refs.get((catalog, oid))
        if ref is not None:
            self._refs[catalog, alias] = ref

    def add_dependencies(self, rows: Iterable[tuple[int, int, int, int]]) -> None:
        """Take rows of pg_depend, of our objects and others'."""
        refs, needs = self._refs, self._needs
        for classid, objid, refclassid, refobjid in rows:
            if (classid, objid) in refs:
                needs[classid, objid].append((refclassid, refobjid))

    def ref(self, catalog: CatalogClass, oid: int) -> Ref | None:
        """Return an object's ref, or None if it is not one of ours."""
        return self._refs.get((catalog, oid))

    def requires(self, catalog: CatalogClass, *oids: int | None) -> frozenset[Ref]:
        """Return what some objects of a catalog need, but for each other."""
        own = {self._refs.get((catalog, oid)) for oid in oids if oid}
        found = (
            self._refs.get(needed)
            for oid in oids
            if oid
            for needed in self._needs.get((catalog, oid), ())
        )
        return frozenset(ref for ref in found if ref is not None and ref not in own)

    def outside(self) -> Iterator[ObjectId]:
        """Yield what our objects need and nobody has registered, each once."""
        seen: set[ObjectId] = set()
        for needs in self._needs.values():
            for needed in needs:
                if needed not in self._refs and needed not in seen:
                    seen.add(needed)
                    yield needed

    def missing(self, members: Iterable[ObjectId]) -> list[ObjectId]:
        """Return those of some objects that nobody has registered."""
        return [member for member in members if member not in self._refs]
