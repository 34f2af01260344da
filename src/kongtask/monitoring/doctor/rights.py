"""May the role do what a worker does?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from kongtask.monitoring.doctor.diagnosis import Diagnosis
from kongtask.monitoring.doctor.look import Look
from kongtask.names import quote_identifier


def examine_rights(look: Look) -> Iterator[Diagnosis]:
    """Look for each right that a worker needs, and for rows that are hidden from the role."""
    role = quote_identifier(look.role)
    lacking = defaultdict(list)
    for purpose, object_, rights in look.rows("rights", look.role, look.schema, look.extension):
        lacking[purpose].append((", ".join(rights), object_))
    for purpose, missing in lacking.items():
        what = "; ".join(f"{rights} on {object_}" for rights, object_ in missing)
        grants = "; ".join(f"grant {rights} on {object_} to {role}" for rights, object_ in missing)
        yield Diagnosis.of(
            "missing-right",
            f'the role "{look.role}" cannot {purpose}: it lacks {what}',
            f"as the owner: {grants}",
            subject=f"role {look.role}",
        )
    hidden = [row[0] for row in look.rows("hidden_tables", look.role, look.schema, look.extension)]
    if hidden:
        yield Diagnosis.of(
            "missing-right",
            f'row-level security hides all rows from the role "{look.role}" in {", ".join(hidden)}',
            f"let workers connect as the tables' owner, grant that role to {role}, or: "
            f"alter role {role} bypassrls",
            subject=f"role {look.role}",
        )
