"""Objects by OID while a catalog is read: who is who, and who needs whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.model import Ref

ObjectId = tuple[int, int]

_NOTHING: frozenset[Ref] = frozenset()


class ObjectIndex:
    """Maps catalog identities to refs, and dependencies between them to dependencies of refs.

    Both are kept by catalog, then by OID: numbers are found faster than pairs of them.
    """

    def __init__(self) -> None:
        self._refs: defaultdict[int, dict[int, Ref]] = defaultdict(dict)
        self._needs: defaultdict[int, dict[int, list[ObjectId]]] = defaultdict(dict)

    def add(self, catalog: CatalogClass, oid: int, ref: Ref) -> None:
        """Register an object under its identity in the catalog."""
        self._refs[catalog][oid] = ref

    def alias(self, catalog: CatalogClass, alias: int, oid: int) -> None:
        """Register another identity of an object, as an array's of its element type."""
        ref = self._refs[catalog].get(oid)
        if ref is not None:
            self._refs[catalog][alias] = ref

    def remove(self, catalog: int, oid: int) -> None:
        """Forget an object and what it needs."""
        del self._refs[catalog][oid]
        self._needs[catalog].pop(oid, None)

    def add_dependencies(self, rows: Iterable[tuple[int, int, int, int]]) -> None:
        """Take rows of pg_depend, of our objects and others'."""
        refs, needs = self._refs, self._needs
        for catalog, oid, needed_catalog, needed_oid in rows:
            if oid in refs[catalog]:
                needs[catalog].setdefault(oid, []).append((needed_catalog, needed_oid))

    def ref(self, catalog: int, oid: int) -> Ref | None:
        """Return an object's ref, or None if it is not one of ours."""
        return self._refs[catalog].get(oid)

    def requires(
        self, catalog: CatalogClass, oid: int, *, of: Container[CatalogClass] | None = None
    ) -> frozenset[Ref]:
        """Return what an object of a catalog needs, but for itself.

        Args:
            catalog: the object's.
            oid: the object.
            of: leave out what it needs of other catalogs than these.
        """
        needed = self._needs[catalog].get(oid)
        if needed is None:  # most objects, by far
            return _NOTHING
        refs = self._refs
        own = refs[catalog].get(oid)
        return frozenset(
            [
                ref
                for kind, number in needed
                if (of is None or kind in of)
                and (ref := refs[kind].get(number)) is not None
                and ref != own
            ]
        )

    def dependents(self, catalog: CatalogClass) -> Container[int]:
        """Return the objects of a catalog that need something."""
        return self._needs[catalog]

    def needs(self, catalog: int, oid: int) -> list[ObjectId]:
        """Return what an object needs, ours or not."""
        return self._needs[catalog].get(oid, [])

    def callers(self, routines: Container[int]) -> set[ObjectId]:
        """Return the relations and expressions of columns that need one of some routines."""
        return {
            (catalog, oid)
            for catalog in (CatalogClass.PG_CLASS, CatalogClass.PG_ATTRDEF)
            for oid, needs in self._needs[catalog].items()
            for kind, needed in needs
            if kind == CatalogClass.PG_PROC and needed in routines
        }

    def routines(self, *objects: ObjectId) -> list[int]:
        """Return the OIDs of the routines that some objects need, ours or not."""
        routine = CatalogClass.PG_PROC
        return [oid for item in objects for kind, oid in self.needs(*item) if kind == routine]

    def outside(self) -> Iterator[ObjectId]:
        """Yield what our objects need and nobody has registered, each once."""
        needed = {need for of in self._needs.values() for needs in of.values() for need in needs}
        yield from self.missing(needed)

    def missing(self, objects: Iterable[ObjectId]) -> list[ObjectId]:
        """Return those of some objects that nobody has registered."""
        refs = self._refs
        return [(catalog, oid) for catalog, oid in objects if oid not in refs[catalog]]
