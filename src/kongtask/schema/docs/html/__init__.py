"""The documentation as a static site: opens from the disk, needs no network and no server."""

from __future__ import annotations

from importlib.util import find_spec

from kongtask.errors import UsageError
from kongtask.schema.docs.view import Reference

__all__ = ["check_extra", "html_pages"]

#: What the extra brings: templates, the colours of SQL, the places in diagrams.
_MODULES = ("jinja2", "pygments", "pygraphviz")


def check_extra() -> None:
    """Make sure that the packages of the extra ``docs`` are there.

    Raises:
        UsageError: they are not; the message says how to get them.
    """
    missing = [name for name in _MODULES if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the site takes the extra docs, and {' and '.join(missing)} is not installed: run "
            "pip install 'kongtask[docs]', or choose --format markdown, which takes no extra"
        )


def html_pages(reference: Reference) -> dict[str, bytes]:
    """Return the site: path below the folder -> content.

    Raises:
        UsageError: the packages of the extra ``docs`` are not there.
    """
    check_extra()
    from kongtask.schema.docs.html.site import Site

    return Site(reference).pages()
