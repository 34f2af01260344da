"""Payloads as JSON: what a caller gives to text, and text to what a task gets."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from kongtask.errors import JobSpecError

_UNENCODABLE = (TypeError, ValueError, OverflowError, msgspec.MsgspecError)


def encode_payload(payload: object) -> str:
    """Return a payload as JSON text.

    Besides what JSON knows, it may hold datetimes, UUIDs, Decimals, enums, sets, bytes (as base64),
    data classes, msgspec structs, attrs classes and pydantic models. The type json of PostgreSQL
    keeps a NUL character and half a surrogate pair as escapes, so they are taken too.

    Raises:
        JobSpecError: it holds something else, or a number that JSON does not have.
    """
    try:
        encoded = _ENCODER.encode(payload)
    except UnicodeEncodeError:
        return _escaped(payload)
    except RecursionError as error:
        raise JobSpecError("the payload refers to itself, or is nested too deeply") from error
    except _UNENCODABLE as error:
        path, value = _unencodable(payload)
        raise JobSpecError(
            f"the payload cannot be written as JSON: {path} is of type {type(value).__qualname__} "
            f"({error})"
        ) from error
    if b"null" in encoded:  # which is also what NaN is encoded as
        _refuse_odd_numbers(payload, "payload")
    return encoded.decode()


def json_payload(text: str) -> msgspec.Raw:
    """Return a payload that is JSON already; it is stored word for word.

    Raises:
        JobSpecError: it is no JSON.
    """
    try:
        json.loads(text, parse_constant=_refuse_constant)
        return msgspec.Raw(text.encode())
    except RecursionError as error:
        raise JobSpecError("the payload is nested too deeply") from error
    except ValueError as error:
        raise JobSpecError(
            f"the payload is not JSON: {error}; a string needs quotes of its own: '\"text\"'"
        ) from error


def decode_payload(encoded: bytes | str) -> Any:
    """Return a payload that PostgreSQL has accepted as json."""
    try:
        return msgspec.json.decode(encoded)
    except msgspec.MsgspecError:
        return json.loads(encoded)  # half a surrogate pair, or a number beyond a float


def _refuse_constant(name: str) -> None:
    raise ValueError(f"JSON has no number {name}")


def _plain(value: object) -> object:
    """Return what stands for a value that msgspec does not know."""
    dump = getattr(value, "model_dump", None)
    if dump is None or isinstance(value, type):
        raise TypeError("JSON has nothing like it")
    return dump(mode="json")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)


def _escaped(payload: object) -> str:
    """Return JSON of ASCII characters alone, the only way to write half a surrogate pair."""
    _refuse_odd_numbers(payload, "payload")
    values = msgspec.to_builtins(payload, enc_hook=_plain, str_keys=True)
    return json.dumps(values, separators=(",", ":"), allow_nan=False)


def _refuse_odd_numbers(value: object, path: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise JobSpecError(
            f"the payload cannot be written as JSON: {path} is {value}, and JSON has no such "
            "number; give None or a string instead"
        )
    for step, child in _children(value):
        _refuse_odd_numbers(child, path + step)


def _unencodable(value: object, path: str = "payload") -> tuple[str, object]:
    """Return the innermost value that cannot be encoded, and where it is."""
    for step, child in _children(value):
        try:
            _ENCODER.encode(child)
        except _UNENCODABLE:
            return _unencodable(child, path + step)
    return path, value


def _children(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield f"[{key!r}]", child
    elif isinstance(value, list | tuple):
        for index, child in enumerate(value):
            yield f"[{index}]", child
    elif isinstance(value, AbstractSet):
        for child in value:
            yield "[…]", child
    elif hasattr(value, "model_dump") and not isinstance(value, type):
        yield from _children(_plain(value))
    else:
        for name in _attributes(value):
            yield f".{name}", getattr(value, name)


def _attributes(value: object) -> Iterator[str]:
    """Yield the names of what is encoded of an instance of a class."""
    if isinstance(value, msgspec.Struct):
        yield from value.__struct_fields__
    elif dataclasses.is_dataclass(value):
        yield from (field.name for field in dataclasses.fields(value))
    else:
        yield from (field.name for field in getattr(type(value), "__attrs_attrs__", ()))
