"""Connections, the embedded server and scratch databases."""
