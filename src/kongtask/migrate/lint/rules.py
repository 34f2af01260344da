"""All rules about migrations: squawk's, and kongtask's own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kongtask.rules import Level, Rule

_SQUAWK = "https://squawkhq.com/docs"

#: Squawk's rules that say that programs in use may stop working. A migration that is marked as
#: breaking has said so itself.
_COMPATIBILITY = {
    "ban-drop-column": "A column is dropped.",
    "ban-drop-domain": "A domain is dropped.",
    "ban-drop-function": "A function or procedure is dropped.",
    "ban-drop-not-null": "A NOT NULL is dropped.",
    "ban-drop-schema": "A schema is dropped.",
    "ban-drop-sequence": "A sequence is dropped.",
    "ban-drop-table": "A table is dropped.",
    "ban-drop-type": "A type is dropped.",
    "ban-drop-view": "A view is dropped.",
    "ban-set-schema": "An object moves to another schema.",
    "renaming-column": "A column is renamed.",
    "renaming-object": "An object or a part of one is renamed.",
    "renaming-table": "A table is renamed.",
}

#: Those that break programs too, and do harm besides.
_BREAKING_AND_MORE = {
    "adding-required-field": "A column is added that is NOT NULL and has no default.",
    "changing-column-type": "The type of a column changes, which may rewrite the table.",
}

_LOCKS = {
    "adding-field-with-default": "A column is added with a default that rewrites the table.",
    "adding-foreign-key-constraint": "A foreign key is added and all rows are checked at once.",
    "adding-not-nullable-field": "A column becomes NOT NULL and all rows are checked under a lock.",
    "adding-serial-primary-key-field": "A primary key is added and its index built under a lock.",
    "ban-char-field": "A column is of type char, which pads with blanks.",
    "constraint-missing-not-valid": "A constraint is added and all rows checked under a lock.",
    "disallowed-unique-constraint": "A unique constraint is added, its index built under a lock.",
    "ban-alter-domain-with-add-constraint": "A domain gets a constraint, and all its columns are "
    "checked.",
    "ban-create-domain-with-constraint": "A domain has a constraint, hard to change later.",
    "ban-drop-constraint": "A constraint is dropped that programs may rely on.",
    "ban-drop-database": "A database is dropped.",
    "ban-truncate-cascade": "TRUNCATE … CASCADE empties tables that are not named.",
    "require-concurrent-index-creation": "An index is built while writes wait.",
    "require-concurrent-index-deletion": "An index is dropped while reads and writes wait.",
    "require-concurrent-partition-detach": "A partition is detached while reads and writes wait.",
    "require-concurrent-reindex": "An index is built again while reads and writes wait.",
}

#: Matters of taste, or of care that is rarely needed.
_NOTES = {
    "require-enum-value-ordering": "A value is added to an enum without a place among the others.",
    "unused-ignore": "A comment silences squawk where it finds nothing.",
}

#: Not looked for unless asked, each with the reason.
_OFF = {
    # kongtask sets lock_timeout itself for each migration, steps back and tries again.
    "require-lock-timeout": "No lock_timeout is set; kongtask sets one for each migration.",
    # How long a statement may take is for whoever runs it to say, and not for the file.
    "require-statement-timeout": "No statement_timeout is set.",
    "require-timeout-settings": "Neither timeout is set; what older squawks call the two above.",
    # A migration runs once and as a whole: there is no half of it to be met again.
    "prefer-robust-stmts": "A statement cannot be run twice; kongtask runs each migration once.",
    # The schema rule narrow-key finds the columns where it matters.
    "prefer-bigint-over-int": "A column is a 32-bit integer; see narrow-key.",
    "prefer-bigint-over-smallint": "A column is a 16-bit integer; see narrow-key.",
    "prefer-identity": "A column is serial and not an identity column.",
    "prefer-text-field": "A column is varchar with a length and not text.",
    # The schema rule timestamp-without-time-zone finds the same, and is off too.
    "prefer-timestamp-tz": "A column is a timestamp without a time zone.",
    # The rule not-in-transaction finds these and others.
    "ban-concurrent-index-creation-in-transaction": "See not-in-transaction.",
    # kongtask refuses to run such files.
    "ban-uncommitted-transaction": "A transaction is opened; kongtask refuses the file.",
    "transaction-nesting": "A transaction is opened or closed; kongtask refuses the file.",
}

_OWN = (
    Rule(
        id="breaking-not-marked",
        level=Level.WARNING,
        description="A migration may break programs in use, and is not marked as breaking.",
        rationale="It drops, renames or changes what programs use. Write `--! breaking` on its "
        "first line, so that a program that knows an older revision can tell; or silence what it "
        "does at its statement, with the reason why nothing breaks. The marker also silences the "
        "rules ban-drop-…, renaming-… and ban-set-schema in that file.",
    ),
    Rule(
        id="not-in-transaction",
        level=Level.ERROR,
        description="A statement that PostgreSQL refuses in a transaction, in a migration that is "
        "one.",
        rationale="CREATE INDEX CONCURRENTLY, VACUUM and the like fail there. Put it into a file "
        "of its own that says `--! no-transaction` on its first line.",
    ),
    Rule(
        id="needless-no-transaction",
        level=Level.WARNING,
        description="A migration gives its transaction up, and no statement in it needs that.",
        rationale="With one, either the statement and the note of it are there or neither is. Take "
        "`--! no-transaction` away.",
    ),
    Rule(
        id="several-without-transaction",
        level=Level.NOTE,
        description="A migration without a transaction has several statements.",
        rationale="Should one fail, those before it stay done, and the migration is half applied "
        "until the next run goes on with it. That may be meant, to hold locks briefly.",
    ),
    Rule(
        id="ignore-without-reason",
        level=Level.WARNING,
        description="Something is silenced, and it is not said why.",
        rationale="The form is `-- kongtask: ignore RULE[, RULE]: reason`. What it names is "
        "silenced all the same.",
    ),
    Rule(
        id="ignore-without-effect",
        level=Level.NOTE,
        description="Something is silenced that was not found.",
        rationale="The statement has changed, or the rule's name is misspelt. Take it away.",
    ),
    Rule(
        id="syntax-error",
        level=Level.ERROR,
        description="Squawk cannot read a statement.",
        rationale="It would probably fail. If PostgreSQL takes it, silence this.",
    ),
)


def _squawk(id_: str, description: str, level: Level, *, is_default: bool = True) -> Rule:
    return Rule(
        id=id_, level=level, description=description, url=f"{_SQUAWK}/{id_}", is_default=is_default
    )


#: By their ids, in the order of the reference. A newer squawk may know more.
RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.id: rule for rule in _OWN}
    | {
        id_: _squawk(id_, text, Level.WARNING)
        for id_, text in (_COMPATIBILITY | _BREAKING_AND_MORE | _LOCKS).items()
    }
    | {id_: _squawk(id_, text, Level.NOTE) for id_, text in _NOTES.items()}
    | {id_: _squawk(id_, text, Level.NOTE, is_default=False) for id_, text in _OFF.items()}
)

#: What the marker of a breaking migration answers for.
ADMITTED = frozenset(_COMPATIBILITY)

#: What makes a migration a breaking one.
BREAKING = frozenset(_COMPATIBILITY | _BREAKING_AND_MORE) - {"ban-drop-not-null"}

#: Rules about the silencing of others, which nothing silences.
ABOUT_SILENCE = frozenset({"ignore-without-reason", "ignore-without-effect"})


def rule_of(id_: str) -> Rule:
    """Return a rule; one that squawk knows and kongtask does not is a warning."""
    return RULES.get(id_) or _squawk(id_, "A rule of squawk.", Level.WARNING)
