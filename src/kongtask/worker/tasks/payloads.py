"""From a job's JSON to the arguments of a task's function, as its type hints say."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, get_origin, get_type_hints

import msgspec
import msgspec.inspect

from kongtask.errors import PayloadError, UsageError
from kongtask.worker.tasks.context import Context, ThreadContext

_NAMED_ONLY = inspect.Parameter.KEYWORD_ONLY
#: The kinds of types that a JSON object may become.
_OBJECTS = (
    msgspec.inspect.AnyType,
    msgspec.inspect.CustomType,
    msgspec.inspect.RawType,
    msgspec.inspect.DictType,
    msgspec.inspect.StructType,
    msgspec.inspect.TypedDictType,
    msgspec.inspect.DataclassType,
)

#: The packages that have classes of connections.
_DRIVERS = {"asyncpg", "django", "psycopg", "sqlalchemy"}

_VARIABLE = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


class ConnectionParameter(NamedTuple):
    """A parameter that takes the connection or session of a task's transaction.

    Attributes:
        name: its name.
        type: its type.
    """

    name: str
    type: type


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """How a task's function wants to be called.

    Attributes:
        decode: from the payload's text to what the function takes; None if it takes no payload.
        payload: the name of the parameter that takes it.
        is_spread: whether the payload's members are the function's arguments.
        context: the name of the parameter that takes the context, or None.
        connection: the parameter that takes the connection of the task's transaction, or None.
    """

    decode: Callable[[str], Any] | None
    payload: str | None = None
    is_spread: bool = False
    context: str | None = None
    connection: ConnectionParameter | None = None

    def bind(self, text: str, context: Context | ThreadContext) -> dict[str, Any]:
        """Return the arguments of a call, by name.

        Raises:
            PayloadError: the payload is not as the type hints say.
        """
        arguments: dict[str, Any] = {}
        if self.decode is not None:
            value = self.decode(text)
            if self.is_spread:
                arguments.update(value)
            elif self.payload is not None:
                arguments[self.payload] = value
        if self.context is not None:
            arguments[self.context] = context
        return arguments


def read_signature(function: Callable[..., Any]) -> Signature:
    """Read how a function wants to be called.

    A parameter whose type is :class:`Context` or :class:`ThreadContext`, or one without a type that
    is called ``context``, takes the context. One whose type is a driver's connection or session
    takes that of the task's transaction.
    One other parameter takes the payload; of several, each takes the payload's member of its name.
    So does one whose type no JSON object can have, as ``to: str``, where the payload is an object
    and the parameter is not called ``payload``.

    Raises:
        UsageError: the function has parameters that no payload can fill.
    """
    name = getattr(function, "__qualname__", repr(function))
    parameters = list(inspect.signature(function).parameters.values())
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        reason = f"the type hints of the task {name} cannot be resolved: {error}"
        raise UsageError(reason) from error
    context = next((p.name for p in parameters if _is_context(p, hints.get(p.name))), None)
    types = {p.name: kind for p in parameters if (kind := _connection_type(hints.get(p.name)))}
    connection = next((ConnectionParameter(*each) for each in types.items()), None)
    make = partial(Signature, context=context, connection=connection)
    others = [p for p in parameters if p.name not in {context, connection and connection.name}]
    positional = [p.name for p in others if p.kind is inspect.Parameter.POSITIONAL_ONLY]
    if positional or any(p.kind in _VARIABLE for p in others):
        raise UsageError(
            f"the task {name} takes {positional[0] if positional else '*args or **kwargs'}: name "
            "its parameters, so that the members of a payload can fill them"
        )
    if not others:
        return make(decode=None)
    only = others[0] if len(others) == 1 and others[0].kind is not _NAMED_ONLY else None
    if only is None:
        members = _member_decoder(name, others, hints)
        return make(decode=members, is_spread=True)
    hint = hints.get(only.name, Any)
    whole = make_decoder(hint)
    if only.name == "payload" or _takes_objects(hint):
        return make(decode=whole, payload=only.name)
    either = _whole_or_member(only.name, whole, _member_decoder(name, others, hints))
    return make(decode=either, is_spread=True)


def make_decoder(type_: Any) -> Callable[[str], Any]:
    """Return a function from JSON text to a value of a type.

    Args:
        type_: a builtin, dataclass, TypedDict, msgspec struct, pydantic model or union of these;
            ``Any`` takes everything.
    """
    if hasattr(type_, "model_validate_json"):
        return _pydantic_decoder(type_)
    if hasattr(type_, "__pydantic_fields__"):  # a dataclass of pydantic's
        from pydantic import TypeAdapter

        return _pydantic_decoder(TypeAdapter(type_), type_.__name__)
    decoder = msgspec.json.Decoder(type_)

    def decode(text: str) -> Any:
        try:
            return decoder.decode(text)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise PayloadError(f"the payload does not fit: {error}") from error

    return decode


def _pydantic_decoder(model: Any, name: str | None = None) -> Callable[[str], Any]:
    validate = getattr(model, "model_validate_json", None) or model.validate_json

    def decode(text: str) -> Any:
        try:
            return validate(text)
        except ValueError as error:
            reason = f"the payload does not fit {name or model.__name__}: {error}"
            raise PayloadError(reason) from error

    return decode


def _member_decoder(
    name: str, parameters: list[inspect.Parameter], hints: dict[str, Any]
) -> Callable[[str], dict[str, Any]]:
    """Return a function from an object's text to its members by the names of some parameters."""
    members: list[Any] = []
    for parameter in sorted(parameters, key=lambda p: p.default is not inspect.Parameter.empty):
        hint = hints.get(parameter.name, Any)
        if parameter.default is inspect.Parameter.empty:
            members.append((parameter.name, hint))
        else:
            members.append((parameter.name, hint | msgspec.UnsetType, msgspec.UNSET))
    struct = msgspec.defstruct(f"{name} payload", members, kw_only=True, forbid_unknown_fields=True)
    decode, names = make_decoder(struct), [parameter.name for parameter in parameters]

    def spread(text: str) -> dict[str, Any]:
        value = decode(text)
        found = ((member, getattr(value, member)) for member in names)
        return {member: item for member, item in found if item is not msgspec.UNSET}

    return spread


def _whole_or_member(
    name: str, whole: Callable[[str], Any], members: Callable[[str], dict[str, Any]]
) -> Callable[[str], dict[str, Any]]:
    """Return a function for a parameter that takes a plain payload, or an object's member."""

    def decode(text: str) -> dict[str, Any]:
        return members(text) if text.lstrip().startswith("{") else {name: whole(text)}

    return decode


def _takes_objects(type_: Any) -> bool:
    """Tell whether a value of a type may be a JSON object."""
    if hasattr(type_, "model_validate_json") or hasattr(type_, "__pydantic_fields__"):
        return True
    found = msgspec.inspect.type_info(type_)
    variants = found.types if isinstance(found, msgspec.inspect.UnionType) else (found,)
    return any(isinstance(variant, _OBJECTS) for variant in variants)


def _is_context(parameter: inspect.Parameter, hint: Any) -> bool:
    return hint in {Context, ThreadContext} or (parameter.name == "context" and hint is None)


def _connection_type(hint: Any) -> type | None:
    """Return a type hint's class if it is one of connections or sessions."""
    kind = get_origin(hint) or hint
    if not isinstance(kind, type):
        return None
    if all(base.__module__.partition(".")[0] not in _DRIVERS for base in kind.__mro__):
        return None
    from kongtask.jobs.drivers import is_connection_type  # most workers need none of it

    return kind if is_connection_type(kind) else None
