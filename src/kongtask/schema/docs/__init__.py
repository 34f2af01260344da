"""The documentation of a schema: its history -> pages. Knows no database and no files."""

from __future__ import annotations

from kongtask.schema.docs.markdown import markdown_pages
from kongtask.schema.docs.reference import make_reference
from kongtask.schema.history import History

__all__ = ["documentation", "make_reference", "markdown_pages"]


def documentation(history: History, format_: str) -> dict[str, bytes]:
    """Return the pages of a schema's documentation: path below the folder -> content.

    Args:
        history: of the schema.
        format_: ``html``, ``markdown`` or ``both``.

    Raises:
        UsageError: the site takes packages that are not installed.
    """
    reference = make_reference(history)
    pages: dict[str, bytes] = {}
    if format_ != "markdown":
        from kongtask.schema.docs.html import html_pages

        pages |= html_pages(reference)
    if format_ != "html":
        pages |= {path: text.encode() for path, text in markdown_pages(reference).items()}
    return pages
