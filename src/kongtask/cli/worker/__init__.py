"""Commands that run workers."""
