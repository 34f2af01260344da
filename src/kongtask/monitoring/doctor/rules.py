"""What the doctor looks for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kongtask.rules import Level, Rule

#: Every rule by its id: the schemas, the role, the server, then jobs and workers.
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.id: rule
        for rule in (
            Rule(
                id="worker-schema-missing",
                level=Level.ERROR,
                description="The worker schema is not in the database.",
                rationale="Nothing can be added or run.",
            ),
            Rule(
                id="worker-schema-unusable",
                level=Level.ERROR,
                description="The worker schema has a revision that this kongtask cannot work on.",
                rationale="It is too old, or newer in a way that breaks.",
            ),
            Rule(
                id="worker-schema-newer",
                level=Level.WARNING,
                description="The worker schema is newer than this kongtask knows.",
                rationale="It works on, but does not know what is new.",
            ),
            Rule(
                id="worker-schema-behind",
                level=Level.NOTE,
                description="The worker schema is not at the newest revision.",
                rationale="Workers run on it all the same.",
            ),
            Rule(
                id="extension-schema-missing",
                level=Level.WARNING,
                description="The schema of what kongtask adds is missing.",
                rationale=(
                    "The jobs of a worker that dies are freed after four hours, not within seconds."
                ),
            ),
            Rule(
                id="extension-schema-behind",
                level=Level.WARNING,
                description="The schema of what kongtask adds is not at the newest revision.",
                rationale="What has come since cannot be used.",
            ),
            Rule(
                id="jobs-hidden",
                level=Level.ERROR,
                description="The role that looks cannot see the jobs.",
                rationale=(
                    "It lacks the right, or row-level security hides them; what concerns jobs "
                    "cannot be told."
                ),
            ),
            Rule(
                id="missing-right",
                level=Level.WARNING,
                description="A role lacks a right that a worker needs.",
                rationale=(
                    "--role names the role that workers connect as; without it, it is the one that "
                    "looks."
                ),
            ),
            Rule(
                id="sequence-near-end",
                level=Level.WARNING,
                description="A sequence has handed out more than half of its numbers.",
                rationale=(
                    "At its end nothing can be added. Beyond nine tenths it is an error. Names of "
                    "tasks and queues have numbers of 32 bits, and Graphile Worker before its "
                    "revision 20 uses one up with each job."
                ),
            ),
            Rule(
                id="clock-skew",
                level=Level.WARNING,
                description="The clocks of this machine and of the server differ.",
                rationale="A worker here adds the jobs of its crontab too early or too late.",
            ),
            Rule(
                id="transaction-pooling",
                level=Level.NOTE,
                description="A pooler lends another session of the server to each transaction.",
                rationale=(
                    "Prepared statements, notifications and locks of sessions do not work through "
                    "it."
                ),
            ),
            Rule(
                id="connections-near-limit",
                level=Level.WARNING,
                description=(
                    "Few connections are left: of the server's, the database's or the role's."
                ),
                rationale="A worker that cannot connect any more runs nothing.",
            ),
            Rule(
                id="old-transaction",
                level=Level.WARNING,
                description="A transaction has been open for more than an hour.",
                rationale=(
                    "Rows of jobs that are done cannot be cleaned up while it lasts, and claims "
                    "become slower and slower. Others' transactions are seen by members of "
                    "pg_monitor only."
                ),
            ),
            Rule(
                id="table-not-vacuumed",
                level=Level.WARNING,
                description="A table is full of dead rows that no vacuum has removed for a day.",
                rationale="Claims read them again and again.",
            ),
            Rule(
                id="table-bloated",
                level=Level.WARNING,
                description="Less than a fifth of a large table is in use.",
                rationale="Whatever reads the whole table is slower than it need be.",
            ),
            Rule(
                id="index-bloated",
                level=Level.WARNING,
                description="The index that claims use is much larger than its jobs need.",
                rationale="Claims become slow.",
            ),
            Rule(
                id="pool-dead",
                level=Level.WARNING,
                description="A pool of workers is dead, and nobody has freed its jobs.",
                rationale="Live pools do that within seconds; there seems to be none.",
            ),
            Rule(
                id="pool-late",
                level=Level.WARNING,
                description=(
                    "A pool of workers gives no sign of life, though its connection is there."
                ),
                rationale=(
                    "It is stopped, or something blocks its event loop. It keeps its jobs as long "
                    "as it is there."
                ),
            ),
            Rule(
                id="no-live-pool",
                level=Level.WARNING,
                description="Jobs wait, and no pool of workers is alive.",
                rationale="Workers of Node do not register, so they are not counted.",
            ),
            Rule(
                id="task-without-pool",
                level=Level.WARNING,
                description="Jobs wait for a task that no live pool has.",
                rationale="Nobody will run them, unless a worker of Node does.",
            ),
            Rule(
                id="jobs-overdue",
                level=Level.WARNING,
                description="The oldest job has been due for a quarter of an hour.",
                rationale="More jobs come than workers can run, or something holds it back.",
            ),
            Rule(
                id="paused",
                level=Level.NOTE,
                description="Somebody has paused a task, a queue, a pool, or everything.",
                rationale="No job of it begins before that ends.",
            ),
            Rule(
                id="queue-stuck",
                level=Level.WARNING,
                description=(
                    "A queue has been locked for more than ten minutes, and jobs of it wait, or "
                    "nobody executes one of it."
                ),
                rationale=(
                    "The jobs of a queue run one at a time, so one that hangs holds up all others."
                ),
            ),
            Rule(
                id="unknown-owner",
                level=Level.NOTE,
                description="Jobs are locked by somebody who is not registered.",
                rationale=(
                    "Workers of Node are not, nor are those that run once. Such jobs are freed "
                    "four hours after they were locked."
                ),
            ),
            Rule(
                id="lock-expired",
                level=Level.WARNING,
                description=(
                    "Jobs have been locked for more than four hours by somebody who is not alive."
                ),
                rationale=(
                    "A running worker frees such locks within some ten minutes; there seems to be "
                    "none."
                ),
            ),
            Rule(
                id="failed-jobs",
                level=Level.NOTE,
                description="Jobs are out of attempts.",
                rationale=(
                    "They stay until somebody decides about them. More than a thousand are a "
                    "warning."
                ),
            ),
            Rule(
                id="not-examined",
                level=Level.NOTE,
                description="Something could not be looked at.",
                rationale=(
                    "The role may not, the server was too busy, or it is a standby, which does not "
                    "know."
                ),
            ),
        )
    }
)
