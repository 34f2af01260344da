"""The sums of the published packages' function bodies; ``python -m tests.interop.known_functions``
writes them into kongtask's own file.
"""

from __future__ import annotations

import json
from pathlib import Path

from kongtask import migrate
from kongtask.database.connection import Target, connect
from kongtask.database.embedded import embedded_server
from kongtask.database.scratch import scratch_database
from kongtask.migrate.known_functions import FILE, body_sum
from kongtask.names import WORKER_SCHEMA

from .peer import REVISIONS, peer

BODIES = """
select proname, prosrc from pg_proc where pronamespace = %s::regnamespace order by proname
"""


def published_sums(server: Target, revision: int) -> dict[str, str]:
    """Install a published package and return the sum of each of its functions."""
    with scratch_database(server) as target:
        peer(revision).migrate(target)
        with connect(target) as connection:
            found = connection.execute(BODIES, [WORKER_SCHEMA]).fetchall()
    return {name: body_sum(body, WORKER_SCHEMA) for name, body in found}


def main() -> None:
    """Write the file."""
    with embedded_server() as server:
        sums = {str(number): published_sums(server.target(), number) for number in REVISIONS}
    file = Path(migrate.__file__).with_name(FILE)
    file.write_text(json.dumps(sums, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
