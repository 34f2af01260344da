"""Every error that kongtask raises, and the exit code that each becomes on the command line.

KongtaskError                    exit 2
├── UsageError                   bad option, bad value, bad configuration
├── ConnectionFailedError        no server, wrong password, connection lost
├── ServerNotSupportedError      a PostgreSQL that is too old
├── EmbeddedServerError          the embedded PostgreSQL is missing or does not start
├── DatabaseFailedError          the server refused a statement
├── FileFailedError              a file that cannot be read or written
├── SchemaNotFoundError          the named schema does not exist
├── UnsupportedObjectError       the export would have to be silent about an object
├── DocumentError                a JSON document that is no schema, or another version's
├── ProofFailedError             a schema does not survive export and load
├── PayloadError                 a job's payload is not what its task takes
├── BatchError                   some entries of a batch job failed
├── TransactionError             a transactional task's transaction cannot be completed
├── JobLostError                 a transactional task's job was taken away meanwhile
├── JobTimedOutError             a job took longer than it may
├── JobCancelledError            somebody cancelled a job that a worker had
├── TaskProcessDiedError         the process that ran a task is gone
├── WorkerStoppedError           a worker could not go on
├── HealthPortError              nobody can listen on the port for health
├── TaskLoadError                an application or a directory of tasks cannot be loaded
├── ExecutableFailedError        a program that is a task did not end well
├── JobError                     the worker schema's functions refused a call
│   ├── JobSpecError             arguments that no job can have
│   └── JobKeyBusyError          others took the job with a key again and again
├── CrontabError                 a crontab, or a cron item from code, that cannot be read
└── MigrationError               the migrations or their ledger are not as they must be
    ├── MigrationFailedError     a statement in a migration failed
    ├── RevisionTooOldError      a worker schema from before the first known revision
    └── BreakingRevisionError    exit 57: a newer breaking revision
"""

from __future__ import annotations

from typing import ClassVar

EXIT_DONE = 0
EXIT_DIFFERENT = 1
EXIT_FAILED = 2
EXIT_BREAKING_REVISION = 57


class KongtaskError(Exception):
    """Base of all errors; its text is a sentence that tells the user what to do."""

    exit_code: ClassVar[int] = EXIT_FAILED


class UsageError(KongtaskError):
    """A bad option, value or configuration."""


class ConnectionFailedError(KongtaskError):
    """The server cannot be reached, refuses the login, or the connection was lost."""


class ServerNotSupportedError(KongtaskError):
    """The server's PostgreSQL version is older than kongtask supports."""


class EmbeddedServerError(KongtaskError):
    """The embedded PostgreSQL is not installed or does not start."""


class DatabaseFailedError(KongtaskError):
    """The server refused a statement.

    Attributes:
        sqlstate: the five-character SQLSTATE, or None where the driver gave none.
    """

    def __init__(self, message: str, *, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class FileFailedError(KongtaskError):
    """A file cannot be read or written; what was there before is untouched."""


class SchemaNotFoundError(KongtaskError):
    """The named schema does not exist in the database."""


class UnsupportedObjectError(KongtaskError):
    """The schema holds an object that the exporter cannot write faithfully."""


class DocumentError(KongtaskError):
    """A JSON document is not a schema's, or not of a version that kongtask reads."""


class ProofFailedError(KongtaskError):
    """Export, load and export again did not give the same bytes."""


class PayloadError(KongtaskError):
    """A job's payload is not what its task's type hints say."""


class BatchError(KongtaskError):
    """Some entries of a batch job failed; they are tried again, and the others are not.

    Attributes:
        errors: what each failed entry raised.
        payload: the failed entries of the payload, as JSON.
    """

    def __init__(self, message: str, *, errors: tuple[BaseException, ...], payload: str) -> None:
        super().__init__(message)
        self.errors = errors
        self.payload = payload


class TransactionError(KongtaskError):
    """A transactional task's transaction cannot be completed, or the task has ended it itself."""


class JobLostError(KongtaskError):
    """A transactional task's job was not the worker's any more; nothing of it was written."""


class JobTimedOutError(KongtaskError):
    """A job took longer than it may; what it was doing is the cause."""


class JobCancelledError(KongtaskError):
    """Somebody cancelled a job that a worker had claimed; it is not tried again."""


class TaskProcessDiedError(KongtaskError):
    """The process that ran a task was killed, or ended itself."""


class WorkerStoppedError(KongtaskError):
    """A worker could not go on; what it held was given back as far as the database took it."""


class HealthPortError(KongtaskError):
    """The health of a worker cannot be served on the port that was given."""


class TaskLoadError(KongtaskError):
    """An application or a directory of tasks is not there, or cannot be imported."""


class ExecutableFailedError(KongtaskError):
    """A program that is a task could not be started, or did not end well.

    Attributes:
        code: its exit code, below 0 where a signal ended it; None where it was not started.
    """

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class JobError(KongtaskError):
    """A job cannot be added or changed."""


class JobSpecError(JobError):
    """A job's arguments are such that no job can have them."""


class JobKeyBusyError(JobError):
    """Other sessions took the job that has the key, each time that it was to be replaced."""


class CrontabError(KongtaskError):
    """A crontab, or a cron item from code, cannot be read; the message shows every fault.

    Attributes:
        faults: line, column and sentence of each fault, in the order of the text; lines and columns
            count from 1.
    """

    def __init__(self, message: str, *, faults: tuple[tuple[int, int, str], ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


class MigrationError(KongtaskError):
    """The migration files, or the ledger in the database, are not as they must be."""


class MigrationFailedError(MigrationError):
    """A statement of a migration failed; its transaction was rolled back.

    Attributes:
        number: the migration's number.
        sqlstate: the five-character SQLSTATE, or None.
        file: the migration's path.
        line: the line of the error in the file, from 1; None where the commit failed.
        column: its column in characters, from 1; None where the commit failed.
    """

    def __init__(
        self,
        message: str,
        *,
        number: int,
        sqlstate: str | None = None,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.number = number
        self.sqlstate = sqlstate
        self.file = file
        self.line = line
        self.column = column


class RevisionTooOldError(MigrationError):
    """The worker schema is older than the first revision that kongtask knows."""


class BreakingRevisionError(MigrationError):
    """The database holds a breaking revision that this kongtask does not know."""

    exit_code = EXIT_BREAKING_REVISION
