"""Hypothesis strategies: identifiers, texts, and whole schemas as SQL scripts.

Profiles: ``default`` is quick and always the same; ``long`` (``make test-long``) looks further,
from a seed that the run's header shows.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from kongtask.names import quote_identifier, quote_literal

_SERVERS = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large)
settings.register_profile(
    "default",
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),  # shrinking on a server takes minutes
    suppress_health_check=_SERVERS,
)
settings.register_profile(
    "long",
    max_examples=int(os.environ.get("KONGTASK_TEST_EXAMPLES", "300")),
    deadline=None,
    print_blob=True,
    suppress_health_check=_SERVERS,
)
PROFILE = "long" if os.environ.get("KONGTASK_TEST_LONG") else "default"
settings.load_profile(PROFILE)

#: Stands for the quoted schema name in a script.
SCHEMA = "\x01"

_PLAIN = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
_ODD = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\n\"'\\;$. "),
    min_size=1,
    max_size=24,
).filter(lambda name: len(name.encode()) <= 50)
_WORDS = st.sampled_from(
    ["select", "user", "order", "table", "between", "timestamp", "Name", "a b"]
)

#: Names of objects, as the catalog holds them.
identifiers = st.one_of(_PLAIN, _PLAIN, _WORDS, _ODD)

#: Comments and bodies: whatever a user may have typed.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x01"), max_size=40)

_DEFAULTS = {
    "integer": ["0", "1 + 2", "(random() * 10)::int"],
    "bigint": ["9223372036854775807", "-1"],
    "text": ["'x'", "''", "current_user", "E'a\\'b\\n'"],
    "varchar(20)": ["'v'"],
    "numeric(10,2)": ["1.50"],
    "boolean": ["true", "(not false)"],
    "timestamptz": ["now()", "'2024-02-03 04:05:06+02'"],
    "interval": ["'1 day 02:03:04'"],
    "double precision": ["0.1", "'NaN'"],
    "jsonb": ["'{}'"],
    "text[]": ["'{}'", "array['a', 'b']"],
    "date": ["current_date"],
}
_ORDERED = {"integer", "bigint", "text", "varchar(20)", "numeric(10,2)", "timestamptz", "date"}


@dataclass
class Piece:
    """One statement of a script, and the pieces that must run before it."""

    statement: str
    needs: frozenset[int] = frozenset()


@dataclass
class Column:
    """What later statements must know about a column."""

    name: str
    type: str
    is_generated: bool = False


@dataclass
class Script:
    """A schema as statements that may run in any order that respects their needs."""

    pieces: list[Piece] = field(default_factory=list)

    def add(self, statement: str, *needs: int) -> int:
        """Add a statement; return its number."""
        self.pieces.append(Piece(statement, frozenset(needs)))
        return len(self.pieces) - 1

    def sql(self, schema: str, priorities: list[int] | None = None) -> str:
        """Return the statements for a schema, in the order that some priorities give."""
        order = priorities or list(range(len(self.pieces)))
        done: list[int] = []
        while len(done) < len(self.pieces):
            ready = (
                number
                for number, piece in enumerate(self.pieces)
                if number not in done and piece.needs <= set(done)
            )
            done.append(min(ready, key=lambda number: order[number]))
        quoted = quote_identifier(schema)
        statements = [f"create schema {quoted}", *(self.pieces[n].statement for n in done)]
        return ";\n".join(statements).replace(SCHEMA, quoted) + ";\n"


@dataclass
class _Table:
    name: str
    number: int
    columns: list[Column]
    is_partitioned: bool
    key: tuple[str, int] | None = None

    @property
    def qualified(self) -> str:
        return f"{SCHEMA}.{quote_identifier(self.name)}"


class _Writer:
    """Draws one script."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.script = Script()
        self.names: set[str] = set()
        self.types: list[tuple[str, int, list[str]]] = []
        self.tables: list[_Table] = []

    def name(self) -> str:
        """Draw a name that nothing in the schema has."""
        name = self.draw(identifiers.filter(lambda name: name not in self.names))
        self.names.add(name)
        return name

    def some(self, least: int, most: int) -> range:
        return range(self.draw(st.integers(least, most)))

    def quoted(self) -> str:
        return f"{SCHEMA}.{quote_identifier(self.name())}"

    def comment(self, target: str, *needs: int) -> None:
        if self.draw(st.booleans()):
            self.script.add(f"comment on {target} is {quote_literal(self.draw(texts))}", *needs)

    def enum(self) -> None:
        name = self.quoted()
        labels = self.draw(st.lists(identifiers, min_size=1, max_size=4, unique=True))
        listed = ", ".join(quote_literal(label) for label in labels)
        number = self.script.add(f"create type {name} as enum ({listed})")
        self.types.append((name, number, [quote_literal(label) for label in labels]))
        self.comment(f"type {name}", number)

    def domain(self) -> None:
        name, check = self.quoted(), quote_identifier(self.name())
        not_null = self.draw(st.sampled_from(["", " not null"]))
        number = self.script.add(
            f"create domain {name} as integer{not_null} constraint {check} check (value > 0)"
        )
        self.types.append((name, number, ["1"]))
        self.comment(f"domain {name}", number)

    def sequence(self) -> None:
        name = self.quoted()
        options = self.draw(
            st.lists(
                st.sampled_from(["increment by 5", "cache 7", "cycle", "start with 20"]),
                unique=True,
            )
        )
        self.comment(
            f"sequence {name}", self.script.add(f"create sequence {name} {' '.join(options)}")
        )

    def table(self) -> None:
        name = self.name()
        columns: list[Column] = []
        parts: list[str] = []
        needs: set[int] = set()
        used: set[str] = set()
        for _ in self.some(1, 5):
            column = self.draw(identifiers.filter(lambda c: c not in used))
            used.add(column)
            text, type_, number, is_generated = self.column(column, columns)
            parts.append(text)
            columns.append(Column(column, type_, is_generated))
            needs |= {number} if number is not None else set()
        usable = [c for c in columns if c.type in _ORDERED and not c.is_generated]
        is_partitioned = bool(usable) and self.draw(st.integers(0, 4)) == 0
        dropped = self.draw(st.booleans())
        if dropped:
            parts.insert(self.draw(st.integers(0, len(parts))), '"dropped one" int')
        table = _Table(name, -1, columns, is_partitioned)
        key = f" partition by list ({quote_identifier(usable[0].name)})" if is_partitioned else ""
        table.number = self.script.add(
            f"create table {table.qualified} ({', '.join(parts)}){key}", *needs
        )
        if dropped:
            statement = f'alter table {table.qualified} drop "dropped one"'
            table.number = self.script.add(statement, table.number)
        self.tables.append(table)
        self.parts_of(table, usable)

    def column(self, name: str, before: list[Column]) -> tuple[str, str, int | None, bool]:
        quoted, number = quote_identifier(name), None
        if self.types and self.draw(st.integers(0, 3)) == 0:
            type_, number, values = self.draw(st.sampled_from(self.types))
        else:
            type_ = self.draw(st.sampled_from(sorted(_DEFAULTS)))
            values = _DEFAULTS[type_]
        words = [quoted, type_]
        integers = [c for c in before if c.type == "integer" and not c.is_generated]
        choice = self.draw(st.integers(0, 9))
        if choice == 0 and type_ == "integer" and integers:
            words.append(f"generated always as ({quote_identifier(integers[0].name)} * 2) stored")
            return " ".join(words), type_, number, True
        if choice == 1 and type_ in {"integer", "bigint"}:
            words.append(
                self.draw(
                    st.sampled_from(
                        [
                            "generated always as identity",
                            "generated by default as identity (start 7)",
                        ]
                    )
                )
            )
            return " ".join(words), type_, number, True
        if choice < 6:
            words.append(f"default {self.draw(st.sampled_from(values))}")
        if self.draw(st.booleans()):
            words.append("not null")
        return " ".join(words), type_, number, False

    def parts_of(self, table: _Table, usable: list[Column]) -> None:
        alter = f"alter table {table.qualified}"
        for column in usable:
            quoted = quote_identifier(column.name)
            self.comment(f"column {table.qualified}.{quoted}", table.number)
            if self.draw(st.integers(0, 2)) == 0:
                check = quote_identifier(self.name())
                self.script.add(
                    f"{alter} add constraint {check} check ({quoted} is not null)", table.number
                )
        has_key = self.draw(st.booleans())
        if usable and has_key:
            of_column = usable[0] if table.is_partitioned else self.draw(st.sampled_from(usable))
            constraint, quoted = quote_identifier(self.name()), quote_identifier(of_column.name)
            kind = self.draw(st.sampled_from(["primary key", "unique"]))
            number = self.script.add(
                f"{alter} add constraint {constraint} {kind} ({quoted})", table.number
            )
            table.key = (of_column.name, number)
        # The partitions' indexes get names with numbers, in the order in which they come.
        most = 1 if table.is_partitioned else 2
        for _ in self.some(0, most) if usable else ():
            self.index(table, usable)
        self.comment(f"table {table.qualified}", table.number)
        self.behaviour(table, usable)
        if table.is_partitioned:
            self.partition(table)

    def index(self, table: _Table, usable: list[Column]) -> None:
        name = quote_identifier(self.name())
        column = self.draw(st.sampled_from(usable))
        quoted = quote_identifier(column.name)
        shape = self.draw(
            st.sampled_from(
                [
                    "({0})",
                    "({0} desc nulls last)",
                    "(coalesce({0}, {0}))",
                    "({0}) where {0} is not null",
                ]
            )
        )
        on = shape.replace("{0}", quoted)
        self.script.add(f"create index {name} on {table.qualified} {on}", table.number)

    def partition(self, table: _Table) -> None:
        name = self.quoted()
        number = self.script.add(
            f"create table {name} partition of {table.qualified} default", table.number
        )
        self.comment(f"table {name}", number)

    def behaviour(self, table: _Table, usable: list[Column]) -> None:
        if self.draw(st.integers(0, 2)) == 0:
            function, words = self.quoted(), " ".join(self.draw(texts).split())
            body = quote_literal(f"begin return new; end; -- {words}")
            number = self.script.add(
                f"create function {function}() returns trigger language plpgsql as {body}"
            )
            trigger = quote_identifier(self.name())
            self.script.add(
                f"create trigger {trigger} after insert on {table.qualified} "
                f"for each statement execute function {function}()",
                table.number,
                number,
            )
        if usable and self.draw(st.integers(0, 2)) == 0:
            policy = quote_identifier(self.name())
            column = quote_identifier(usable[0].name)
            self.script.add(
                f"create policy {policy} on {table.qualified} using ({column} is not null)",
                table.number,
            )

    def foreign_key(self) -> None:
        keyed = [table for table in self.tables if table.key is not None]
        if not keyed:
            return
        target = self.draw(st.sampled_from(keyed))
        assert target.key is not None
        column, number = target.key
        type_ = next(c.type for c in target.columns if c.name == column)
        fitting = [
            (table, c.name)
            for table in self.tables
            for c in table.columns
            if c.type == type_ and not c.is_generated
        ]
        table, own = self.draw(st.sampled_from(fitting))
        name = quote_identifier(self.name())
        self.script.add(
            f"alter table {table.qualified} add constraint {name} foreign key "
            f"({quote_identifier(own)}) references {target.qualified} ({quote_identifier(column)})",
            table.number,
            number,
        )

    def view(self) -> None:
        table = self.draw(st.sampled_from(self.tables))
        columns = ", ".join(
            f"{quote_identifier(column.name)} as {quote_identifier(f'{column.name[:15]}_{i}')}"
            for i, column in enumerate(table.columns)
        )
        name = self.quoted()
        kind = self.draw(st.sampled_from(["view", "view", "materialized view"]))
        number = self.script.add(
            f"create {kind} {name} as select {columns} from {table.qualified}", table.number
        )
        above = self.quoted()
        self.script.add(f"create view {above} as select count(*) as n from {name}", number)
        reader = self.quoted()
        self.script.add(
            f"create function {reader}() returns bigint stable "
            f"begin atomic select count(*) from {name}; end",
            number,
        )

    def function(self) -> None:
        name, body = self.quoted(), self.draw(texts)
        number = self.script.add(
            f"create function {name}(a integer default 3, b text default {quote_literal(body)}) "
            f"returns text language sql immutable as {quote_literal('select b /* ' + 'x */')}"
        )
        self.comment(f"function {name}(integer, text)", number)


@st.composite
def schema_scripts(draw: st.DrawFn, *, has_views: bool = True) -> Script:
    """Draw a schema with types, sequences, tables and all that hangs on them.

    Args:
        draw: Hypothesis's.
        has_views: whether there may be views and SQL-standard bodies: their text is another from
            PostgreSQL 16 on, and 13 has no such bodies.
    """
    writer = _Writer(draw)
    for write, most in (
        (writer.enum, 2), (writer.domain, 2), (writer.sequence, 2), (writer.table, 4),
        (writer.function, 2),
    ):  # fmt: skip
        for _ in writer.some(0, most):
            write()
    if writer.tables:
        for write, most in ((writer.foreign_key, 3), (writer.view, 2 if has_views else 0)):
            for _ in writer.some(0, most):
                write()
    return writer.script


@st.composite
def orders(draw: st.DrawFn, script: Script) -> list[int]:
    """Draw priorities for a script's statements: another order to run them in."""
    return draw(st.permutations(range(len(script.pieces))))
