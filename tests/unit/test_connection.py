"""Which database a command means, and what its errors say."""

from __future__ import annotations

from pathlib import Path

import pytest

from kongtask.database.connection import Target, connect, find_target
from kongtask.errors import ConnectionFailedError, UsageError
from kongtask.settings import Settings

NO_PROJECT = Settings(root=Path("/"), schema_folder=Path("/schema"))
PROJECT = Settings(
    root=Path("/p"), file=Path("/p/kongtask.toml"), connection="service=mine",
    schema_folder=Path("/p/schema"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("flag", "environ", "settings", "conninfo", "source"),
    [
        ("a", {"DATABASE_URL": "b", "PGHOST": "c"}, PROJECT, "a", "-conn"),
        (None, {"DATABASE_URL": "b", "PGHOST": "c"}, PROJECT, "b", "DATABASE_URL"),
        (None, {"PGHOST": "c", "PGUSER": "d"}, PROJECT, "", "PGHOST, PGUSER"),
        (None, {"PGSERVICE": "c"}, PROJECT, "", "PGSERVICE"),
        (None, {}, PROJECT, "service=mine", "connection in /p/kongtask.toml"),
        (None, {"PGPASSWORD": "x"}, PROJECT, "service=mine", "connection in /p/kongtask.toml"),
    ],
)
def test_the_first_of_flag_url_libpq_and_project_names_the_database(
    flag: str | None, environ: dict[str, str], settings: Settings, conninfo: str, source: str
) -> None:
    assert find_target(flag, settings, environ) == Target(conninfo=conninfo, source=source)


def test_nothing_names_a_database_where_nothing_does() -> None:
    assert find_target(None, NO_PROJECT, {"PGPASSWORD": "x", "PGSSLMODE": "require"}) is None


@pytest.mark.parametrize(
    ("flag", "environ"),
    [("", {}), (" ", {}), (None, {"DATABASE_URL": ""}), (None, {"PGHOST": ""}),
     (None, {"PGDATABASE": " "})],
)  # fmt: skip
def test_an_empty_value_is_an_error_and_never_another_server(
    flag: str | None, environ: dict[str, str]
) -> None:
    with pytest.raises(UsageError, match="empty"):
        find_target(flag, PROJECT, environ)


@pytest.mark.parametrize(
    "conninfo",
    [
        "postgres://u:geheim@h:p@ort/d",
        "postgres://u:gehe@im@h/d",
        "postgres://u:geheim%zz@h/d",
        "host=h password=geheim nonsense",
        "host=h password='geheim",
        "postgres://u:geheim@h:1x/d",
    ],
)
def test_a_malformed_conninfo_is_an_error_that_repeats_nothing_of_it(conninfo: str) -> None:
    with pytest.raises(UsageError) as caught:
        connect(Target(conninfo=conninfo, source="DATABASE_URL"))
    assert "DATABASE_URL is not a connection string" in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert "gehe" not in str(caught.value)


def test_another_database_of_the_same_server_keeps_everything_else() -> None:
    target = Target(conninfo="postgres://u:p@h1,h2:5433/d?sslmode=disable", source="x")
    assert "dbname=other" in target.at_database("other").conninfo
    assert "sslmode=disable" in target.at_database("other").conninfo
    assert target.at_database("other").source == "x"


def test_no_server_is_a_connection_error() -> None:
    with pytest.raises(ConnectionFailedError, match="server from here"):
        connect(Target(conninfo="host=127.0.0.1 port=1 connect_timeout=2", source="here"))
