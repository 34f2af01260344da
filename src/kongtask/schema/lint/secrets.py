"""The rule about secrets in a schema, which everybody can read who may connect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from kongtask.rules import Level
from kongtask.schema.lint.rule import Problem, schema_rule
from kongtask.schema.model import (
    Column,
    Database,
    Kind,
    Ref,
    Relation,
    Routine,
    SchemaObject,
    Table,
)

#: What looks like a secret wherever it stands.
_SECRETS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "an access key of AWS": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{30,})"),
    "a token of GitLab": re.compile(r"\bglpat-[\w-]{20}"),
    "a token of Slack": re.compile(r"\bxox[abeoprs]-[\w-]{10,}"),
    "a key of Stripe": re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    "a key of Google": re.compile(r"\bAIza[\w-]{35}"),
    "a key of SendGrid": re.compile(r"\bSG\.[\w-]{20,}\.[\w-]{20,}"),
    "a JSON Web Token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
}

#: Connection strings; the group is the password.
_PASSWORDS = (
    re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@'\"]*:([^\s/@'\"]+)@"),
    re.compile(r"\b(?:host|hostaddr|dbname|user)=[^\n]*\bpassword=\s*\\?'*([^\s';]+)"),
    re.compile(r"\bpassword=\s*\\?'*([^\s';]+)[^\n]*\b(?:host|hostaddr|dbname|user)="),
)

#: What stands in examples in the place of a password.
_PLACEHOLDER = re.compile(
    r"[*x.…]+|[<{$%\[].*|(?:my|your|the)?[-_]?(?:pass|password|passwd|pwd|pw|secret)", re.IGNORECASE
)

_SECRET_NAME = re.compile(
    r"(?:^|[_.])(?:password|passwd|passphrase|secret|token|api_?key|private_?key|access_?key"
    r"|secret_?key)$",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"E?'((?:[^']|'')*)'(?:::[\w\s.\"()\[\]]+)?", re.DOTALL)

#: Values that say that there is none.
_NO_SECRETS = frozenset(
    {"none", "null", "n/a", "unknown", "unset", "default", "pending", "changed"}
)
_SHORTEST = 4

#: Attributes that name things, or say what they need.
_NO_TEXTS = frozenset({"name", "schema", "requires", "default_requires", "grants", "owner"})

#: Parts with an identity of their own.
_PARTS = {
    "columns": Kind.COLUMN, "constraints": Kind.CONSTRAINT, "triggers": Kind.TRIGGER,
    "rules": Kind.RULE, "policies": Kind.POLICY,
}  # fmt: skip


@schema_rule(
    "secret-in-default",
    Level.ERROR,
    "A default, comment, setting or body holds what looks like a secret.",
    "Everybody who can connect can read the catalog, and the committed export is read by more. "
    "Looked for are private keys, tokens of known services, connection strings with a password, "
    "and literals that are the default of a column or the value of a setting called password, "
    "secret, token or key. What was found is never printed. Take the secret out of the schema, and "
    "change it: it is in backups and in the history of the repository.",
)
def secret_in_default(database: Database) -> Iterator[Problem]:
    """Find secrets in all text of a schema."""
    for schema in database.schemas:
        for word in _found(schema.comment or ""):
            yield _problem(schema.ref, None, "comment", word)
        for item in schema.objects():
            yield from _of_object(item)


def _of_object(item: SchemaObject) -> Iterator[Problem]:
    parts: list[tuple[Ref, Ref | None, Any]] = [(item.ref, None, _without_parts(item))]
    for name, kind in _PARTS.items():
        for part in getattr(item, name, ()):
            ref = Ref(kind, item.schema, item.name, part.name)
            parts.append((ref, item.ref, part))
    if isinstance(item, Relation):
        parts += [(index.ref, item.ref, index) for index in item.indexes]
    for ref, owner, part in parts:
        seen = set()
        for place, text in _texts(msgspec.to_builtins(part)):
            for word in _found(text):
                if (place, word) not in seen:
                    seen.add((place, word))
                    yield _problem(ref, owner, place, word)
        if isinstance(part, Column) and isinstance(item, Table):
            yield from _named_secret(ref, owner, "default", part.name, part.default)
    if isinstance(item, Routine):
        for name, value in item.settings:
            yield from _named_secret(item.ref, None, "setting", name, value)


def _without_parts(item: SchemaObject) -> dict[str, Any]:
    """Return an object's own attributes."""
    left_out = {*_PARTS, "indexes"}
    return {name: getattr(item, name) for name in item.__struct_fields__ if name not in left_out}


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield the strings in a value, each with the attribute that holds it."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in _NO_TEXTS:
                yield from _texts(inner, name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, place)


def _found(text: str) -> Iterator[str]:
    """Yield the words for the secrets in a text."""
    for word, pattern in _SECRETS.items():
        if pattern.search(text):
            yield word
    for pattern in _PASSWORDS:
        if any(not _PLACEHOLDER.fullmatch(match[1]) for match in pattern.finditer(text)):
            yield "a connection string with a password"
            break


def _named_secret(
    ref: Ref, owner: Ref | None, place: str, name: str, value: str | None
) -> Iterator[Problem]:
    """Yield a problem where something is called a secret and its value is written out."""
    literal = _LITERAL.fullmatch(value or "")
    if literal is None or not _SECRET_NAME.search(name) or any(_found(literal[1])):
        return
    if len(literal[1]) >= _SHORTEST and literal[1].lower() not in _NO_SECRETS:
        yield _problem(ref, owner, place, "a secret, going by the name")


def _problem(ref: Ref, owner: Ref | None, place: str, word: str) -> Problem:
    return Problem(
        ref=ref,
        owner=owner,
        message=f"has what looks like {word} in its {place.replace('_', ' ')}",
        hint="take it out of the schema, and change it: it is known by now",
        is_secret=True,
    )
