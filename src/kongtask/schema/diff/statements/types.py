"""ALTER statements for types and domains."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import qualify, quote_identifier, quote_literal
from kongtask.schema.model import CompositeType, Domain, EnumType
from kongtask.schema.render.columns import not_null
from kongtask.schema.render.text import comment_change


def enum_alterations(old: EnumType, new: EnumType) -> list[str] | None:
    """Return the statements that add or rename labels; None where that does not lead there."""
    name = f"TYPE {qualify(new.schema, new.name)}"
    if len(old.labels) == len(new.labels):
        pairs = [(a, b) for a, b in zip(old.labels, new.labels, strict=True) if a != b]
        if any(a in new.labels or b in old.labels for a, b in pairs):
            return None
        return [
            f"ALTER {name} RENAME VALUE {quote_literal(a)} TO {quote_literal(b)};" for a, b in pairs
        ]
    if [label for label in new.labels if label in old.labels] != list(old.labels):
        return None
    found, before = [], ""
    for label in new.labels:
        if label not in old.labels:
            place = f"AFTER {quote_literal(before)}" if before else _first(old)
            found.append(f"ALTER {name} ADD VALUE {quote_literal(label)} {place}".rstrip() + ";")
        before = label
    return found


def _first(old: EnumType) -> str:
    return f"BEFORE {quote_literal(old.labels[0])}" if old.labels else ""


def composite_alterations(old: CompositeType, new: CompositeType) -> Iterator[str]:
    """Yield the statements that change a composite type's attributes."""
    name = qualify(new.schema, new.name)
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    for column in old.columns:
        if column.name not in after:
            yield f"ALTER TYPE {name} DROP ATTRIBUTE {quote_identifier(column.name)} CASCADE;"
    for column in new.columns:
        earlier, quoted = before.get(column.name), quote_identifier(column.name)
        collation = f" COLLATE {column.collation}" if column.collation else ""
        if earlier is None:
            yield f"ALTER TYPE {name} ADD ATTRIBUTE {quoted} {column.type}{collation} CASCADE;"
        elif (earlier.type, earlier.collation) != (column.type, column.collation):
            yield (
                f"ALTER TYPE {name} ALTER ATTRIBUTE {quoted} TYPE {column.type}{collation} CASCADE;"
            )
        comment = earlier.comment if earlier is not None else None
        if comment != column.comment:
            yield comment_change(f"COLUMN {name}.{quoted}", column.comment)


def domain_alterations(old: Domain, new: Domain) -> list[str] | None:
    """Return the statements that change a domain, but for its default and constraints."""
    if (old.type, old.collation) != (new.type, new.collation):
        return None
    domain = f"DOMAIN {qualify(new.schema, new.name)}"
    found = []
    if old.not_null != new.not_null:
        if old.not_null is not None:
            found.append(f"ALTER {domain} DROP NOT NULL;")
        if new.not_null is not None:
            is_plain = new.not_null.name is None
            words = "SET NOT NULL" if is_plain else f"ADD {not_null(new.not_null)}"
            found.append(f"ALTER {domain} {words};")
            if not is_plain and new.not_null.comment is not None:
                named = quote_identifier(new.not_null.name or "")
                found.append(
                    comment_change(f"CONSTRAINT {named} ON {domain}", new.not_null.comment)
                )
    return found
