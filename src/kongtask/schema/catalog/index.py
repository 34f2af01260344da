"""Objects by OID while a catalog is read: who is who, and who needs whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.model import Ref

ObjectId = tuple[int, int]

_NOTHING: frozenset[Ref] = frozenset()


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

    def remove(self, catalog: int, oid: int) -> None:
        """Forget an object and what it needs."""
        del self._refs[catalog, oid]
        self._needs.pop((catalog, oid), None)

    def add_dependencies(self, rows: Iterable[tuple[int, int, int, int]]) -> None:
        """Take rows of pg_depend, of our objects and others'."""
        refs, needs = self._refs, self._needs
        for catalog, oid, needed_catalog, needed_oid in rows:
            if (catalog, oid) in refs:
                needs[catalog, oid].append((needed_catalog, needed_oid))

    def ref(self, catalog: CatalogClass, oid: int) -> Ref | None:
        """Return an object's ref, or None if it is not one of ours."""
        return self._refs.get((catalog, oid))

    def requires(
        self, catalog: CatalogClass, *oids: int | None, of: Iterable[CatalogClass] | None = None
    ) -> frozenset[Ref]:
        """Return what some objects of a catalog need, but for each other.

        Args:
            catalog: theirs.
            oids: the objects.
            of: leave out what they need of other catalogs than these.
        """
        needs, refs = self._needs, self._refs
        own = [(catalog, oid) for oid in oids if oid]
        needed = [need for item in own for need in needs.get(item, ())]
        if of is not None:
            wanted = set(of)
            needed = [need for need in needed if need[0] in wanted]
        if not needed:
            return _NOTHING
        found = {refs.get(need) for need in needed}.difference(map(refs.get, own))
        return frozenset(ref for ref in found if ref is not None)

    def needs(self, catalog: int, oid: int) -> list[ObjectId]:
        """Return what an object needs, ours or not."""
        return self._needs.get((catalog, oid), [])

    def routines(self, *objects: ObjectId) -> list[int]:
        """Return the OIDs of the routines that some objects need, ours or not."""
        needs, routine = self._needs, CatalogClass.PG_PROC
        return [oid for item in objects for kind, oid in needs.get(item, ()) if kind == routine]

    def outside(self) -> Iterator[ObjectId]:
        """Yield what our objects need and nobody has registered, each once."""
        seen: set[ObjectId] = set()
        for needs in self._needs.values():
            for needed in needs:
                if needed not in self._refs and needed not in seen:
                    seen.add(needed)
                    yield needed

    def missing(self, objects: Iterable[ObjectId]) -> list[ObjectId]:
        """Return those of some objects that nobody has registered."""
        return [item for item in objects if item not in self._refs]
