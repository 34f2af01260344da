"""PostgreSQL servers of every supported major version, for ``make test-matrix``."""
