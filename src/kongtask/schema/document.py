"""The model as a JSON document, and back: for programs, and for comparing without a server.

The document is the model attribute by attribute (docs/reference/document.md); what is at its
default is left out. It says nothing of when, where and on which server it was made, so that two
documents of one schema are the same bytes.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from kongtask.errors import DocumentError
from kongtask.schema.model import Database, Ref
from kongtask.schema.model.base import Value

FORMAT: Final = "kongtask-schema"

#: Rises with every change of the model: an attribute that is not known would be lost in silence.
VERSION: Final = 1

_COMMENTS = frozenset({"comment", "type_comment", "multirange_comment"})
_OWNERS = frozenset({"owner"})
_PRIVILEGES = frozenset({"grants", "default_privileges"})


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A database's schemas, as a file holds them.

    Attributes:
        format: what kind of document this is.
        version: of the format.
        database: what was exported.
    """

    format: Literal["kongtask-schema"]
    version: Literal[1]
    database: Database


class _Heading(msgspec.Struct, frozen=True):
    """What of a document can be read whatever its version is."""

    format: str | None = None
    version: int | None = None


def encode(
    database: Database, *, comments: bool = True, owners: bool = True, privileges: bool = True
) -> str:
    """Return a model as a JSON document.

    Args:
        database: what to write.
        comments: with comments.
        owners: with the owner of each object.
        privileges: with grants and default privileges.

    Returns:
        Text that ends in one newline. With all three, :func:`decode` gives an equal model.
    """
    left_out = frozenset[str]()
    left_out |= frozenset() if comments else _COMMENTS
    left_out |= frozenset() if owners else _OWNERS
    left_out |= frozenset() if privileges else _PRIVILEGES
    document = {
        "format": FORMAT,
        "version": VERSION,
        "database": _content(database, _Attributes(left_out)),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def decode(text: str | bytes) -> Database:
    """Return the model that a JSON document holds.

    Args:
        text: what :func:`encode` made.

    Raises:
        DocumentError: it is no such document, or one of another version; the message says where the
            fault is.
    """
    try:
        heading = msgspec.json.decode(text, type=_Heading)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise DocumentError(f"this is no JSON document of a schema: {error}") from error
    if heading.format != FORMAT or heading.version is None:
        raise DocumentError(
            f'this JSON does not say "format": "{FORMAT}" and its "version"; '
            "schema-dump --format json makes such documents"
        )
    if heading.version != VERSION:
        raise DocumentError(
            f"this document has version {heading.version}, and this kongtask reads {VERSION}; "
            "export the schema again, or use the kongtask that made the document"
        )
    try:
        return msgspec.json.decode(text, type=Document).database
    except msgspec.DecodeError as error:
        raise DocumentError(f"this document is damaged: {error}") from error


def plain(value: Any) -> Any:
    """Return a value of the model as JSON knows it, what is at its default left out."""
    return _content(value, _EVERY_ATTRIBUTE)


class _Attributes(dict[type[msgspec.Struct], tuple[tuple[str, Any], ...]]):
    """The attributes to write of each class, with their defaults."""

    def __init__(self, left_out: frozenset[str]) -> None:
        super().__init__()
        self._left_out = left_out

    def __missing__(self, class_: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
        self[class_] = tuple(
            (field.name, field.default)
            for field in msgspec.structs.fields(class_)
            if field.name not in self._left_out
        )
        return self[class_]


def _content(value: Any, attributes: _Attributes) -> Any:
    """Return a value as JSON knows them; msgspec itself would write some defaults and others not.

    It takes for a default what is the very same object.
    """
    if isinstance(value, Value):
        return {
            name: _content(item, attributes)
            for name, default in attributes[type(value)]
            if (item := getattr(value, name)) != default
        }
    if isinstance(value, Ref):
        return list(msgspec.structs.astuple(value))
    if isinstance(value, frozenset):
        return [_content(item, attributes) for item in sorted(value)]
    if isinstance(value, tuple):
        return [_content(item, attributes) for item in value]
    return value


_EVERY_ATTRIBUTE = _Attributes(frozenset())
