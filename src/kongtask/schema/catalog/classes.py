"""OIDs of the system catalogs, which pg_depend uses to tell kinds of objects apart.

They are fixed by PostgreSQL's headers and the same on every version.
"""

from __future__ import annotations

from enum import IntEnum


class CatalogClass(IntEnum):
    """System catalogs by OID."""

    PG_TYPE = 1247
    PG_PROC = 1255
    PG_CLASS = 1259
    PG_ATTRDEF = 2604
    PG_CONSTRAINT = 2606
    PG_REWRITE = 2618
    PG_TRIGGER = 2620
    PG_POLICY = 3256
    PG_STATISTIC_EXT = 3381
    PG_COLLATION = 3456
