"""Connections of a worker, which are opened again when they are lost."""
