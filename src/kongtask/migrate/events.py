"""What a run tells while it goes on; a command prints it, a test collects it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kongtask.migrate.files import Migration


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """The server answered; ``where`` says which server and database, without a password."""

    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Somebody else has to go first; ``why`` is a sentence."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something that the user should know and that hinders nothing."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """The server said something: a ``RAISE NOTICE`` in a migration, for instance."""

    severity: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A migration begins."""

    migration: Migration


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """A ``--! no-transaction`` migration goes on behind its first ``done`` statements."""

    migration: Migration
    done: int
    statements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A migration is done and recorded."""

    migration: Migration
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """Another installer has applied a migration that was begun here."""

    migration: Migration


Event = Connected | Waiting | Warned | Noticed | Started | Resumed | Applied | Overtaken
Report = Callable[[Event], None]
