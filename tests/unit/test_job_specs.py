"""What a job may be: refused before any database is asked, with a sentence that says what to do."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
import pydantic
import pytest

from kongtask.errors import JobSpecError
from kongtask.jobs import JobSpec
from kongtask.jobs.bulk import prepare
from kongtask.jobs.payloads import decode_payload, encode_payload, json_payload


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"identifier": ""}, "identifier is empty"),
        ({"identifier": None}, "identifier is of type NoneType; give a string"),
        ({"identifier": "x" * 129}, "identifier has 129 characters; at most 128"),
        ({"identifier": "a\0b"}, "identifier holds a NUL character"),
        ({"identifier": "\ud800"}, "identifier is no valid UTF-8"),
        ({"queue_name": ""}, "queue_name is empty; give it a value, or leave it out"),
        ({"queue_name": "ü" * 129}, "queue_name has 129 characters; at most 128"),
        ({"job_key": ""}, "job_key is empty"),
        ({"job_key": "k" * 513}, "job_key has 513 characters; at most 512"),
        ({"job_key": "k", "job_key_mode": "merge"}, "job_key_mode is 'merge'; it must be one of"),
        ({"job_key_mode": "merge"}, "job_key_mode is 'merge'"),
        ({"run_at": datetime(2030, 1, 1)}, "run_at has no time zone"),
        ({"run_at": "tomorrow"}, "run_at is of type str; give a datetime"),
        ({"run_at": date(2030, 1, 1)}, "run_at is of type date; give a datetime"),
        ({"max_attempts": 0}, "max_attempts is 0; it must be from 1 to 32767"),
        ({"max_attempts": 32768}, "max_attempts is 32768"),
        ({"max_attempts": True}, "max_attempts is of type bool; give a whole number"),
        ({"priority": 32768}, "priority is 32768; it must be from -32768 to 32767"),
        ({"priority": -32769}, "priority is -32769"),
        ({"priority": 1.5}, "priority is of type float"),
        ({"flags": "slow"}, r"flags is a string; give a list: \['slow'\]"),
        ({"flags": ["a", ""]}, "a flag is empty"),
        ({"flags": [1]}, "flags holds 1"),
        ({"flags": ["a\0"]}, "NUL"),
    ],
)
def test_arguments_that_no_job_can_have(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(JobSpecError, match=message):
        JobSpec(**{"identifier": "send", **arguments})


def test_the_limits_themselves_are_possible() -> None:
    spec = JobSpec(
        identifier="ü" * 128, queue_name="q" * 128, job_key="k" * 512, max_attempts=32767,
        priority=-32768, run_at=datetime.max.replace(tzinfo=UTC),
    )  # fmt: skip
    assert spec.priority == -32768


def test_flags_are_taken_once_from_any_iterable() -> None:
    assert JobSpec(identifier="a", flags=(flag for flag in "bab")).flags == ("b", "a")
    assert JobSpec(identifier="a", flags=[]).flags is None


class Colour(Enum):
    RED = "red"


@dataclasses.dataclass
class Address:
    street: str


class Person(msgspec.Struct):
    name: str
    address: Address


class Order(pydantic.BaseModel):
    number: int
    at: datetime


AT = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
ID = UUID("12345678-1234-5678-1234-567812345678")


@pytest.mark.parametrize(
    ("payload", "decoded"),
    [
        ({"a": [1, 2.5, True, None, "ü\n"]}, {"a": [1, 2.5, True, None, "ü\n"]}),
        ("text", "text"),
        (0, 0),
        (False, False),
        (AT, "2030-01-02T03:04:05.678901Z"),
        ({"id": ID, "price": Decimal("1.10")}, {"id": str(ID), "price": "1.10"}),
        ((1, {2}), [1, [2]]),
        (Colour.RED, "red"),
        (b"\x00\xff", "AP8="),
        ({1: "a"}, {"1": "a"}),
        (Person(name="A", address=Address("M")), {"name": "A", "address": {"street": "M"}}),
        ([Order(number=1, at=AT)], [{"number": 1, "at": "2030-01-02T03:04:05.678901Z"}]),
        (10**30, 10**30),
        ("\0", "\0"),
        ({"half": "\ud800", "at": AT}, {"half": "\ud800", "at": "2030-01-02T03:04:05.678901Z"}),
        (timedelta(seconds=90), "PT90S"),
    ],
)  # fmt: skip
def test_a_payload_survives_as_json(payload: object, decoded: object) -> None:
    encoded = encode_payload(payload)
    assert decode_payload(encoded.encode()) == decoded
    assert json.loads(encoded) == decoded
    encoded.encode("utf-8")


@dataclasses.dataclass
class Holder:
    items: list[object]


class Measured(pydantic.BaseModel):
    value: float


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (object(), "payload is of type object"),
        ({"a": [1, {"b": object()}]}, r"payload\['a'\]\[1\]\['b'\] is of type object"),
        (Holder(items=[1, lambda: 1]), r"payload\.items\[1\] is of type function"),
        ({(1, 2): 3}, "payload is of type dict"),
        (Order, "payload is of type ModelMetaclass"),
        (math.nan, "payload is nan, and JSON has no such number"),
        ({"a": [None, math.inf]}, r"payload\['a'\]\[1\] is inf"),
        (["\ud800", -math.inf], r"payload\[1\] is -inf"),
        (Measured(value=math.nan), r"payload\['value'\] is nan"),
    ],
)
def test_a_payload_that_is_no_json_is_refused_with_its_place(payload: object, message: str) -> None:
    with pytest.raises(JobSpecError, match=message):
        encode_payload(payload)


def test_a_payload_that_holds_itself_is_refused() -> None:
    payload: list[object] = []
    payload.append(payload)
    with pytest.raises(JobSpecError, match="refers to itself"):
        encode_payload(payload)


def test_json_is_taken_word_for_word() -> None:
    text = '{"a": 1.10, "a": null, "b": "\\u0000"}'
    assert encode_payload(json_payload(text)) == text
    assert encode_payload([json_payload("null")]) == "[null]"


@pytest.mark.parametrize("text", ["", "text", "{'a': 1}", "NaN", "[-Infinity]", "1 2", "\ud800"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(JobSpecError, match="the payload is not JSON"):
        json_payload(text)


def test_numbers_that_no_float_holds_are_read() -> None:
    """Another program may have written them; PostgreSQL has taken them."""
    assert decode_payload(b'[1e999, "\\ud800"]') == [math.inf, "\ud800"]


def test_a_key_twice_in_one_call_is_refused_with_both_places() -> None:
    specs = [JobSpec(identifier=name, job_key=key) for name, key in (("a", "k"), ("b", "k"))]
    with pytest.raises(JobSpecError, match=r"specs\[0\] and specs\[1\] have the same job_key 'k'"):
        prepare(specs)


def test_a_mode_in_a_batch_is_refused() -> None:
    """The database's function has one switch for all."""
    spec = JobSpec(identifier="a", job_key="k", job_key_mode="unsafe_dedupe")
    with pytest.raises(JobSpecError, match=r"specs\[0\] has a job_key_mode"):
        prepare([spec])


def test_a_bad_payload_in_a_batch_is_refused_with_its_place() -> None:
    with pytest.raises(JobSpecError, match=r"specs\[1\]: .* payload\['x'\]"):
        prepare([JobSpec(identifier="a"), JobSpec(identifier="a", payload={"x": object()})])


def test_what_is_no_spec_is_refused() -> None:
    with pytest.raises(JobSpecError, match=r"specs\[0\] is no JobSpec: dict"):
        prepare([{"identifier": "a"}])  # type: ignore[list-item]  # a caller without types
