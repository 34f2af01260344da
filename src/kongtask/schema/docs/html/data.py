"""What the site's script knows: scripts that set a value, since a page from a file may load those.

Each object's text is there once for each change of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kongtask.schema.docs.links import one_line
from kongtask.schema.docs.view import Entry, Reference
from kongtask.schema.paths import plural

#: Bytes after which a file of texts ends.
_FULL = 400_000


def data_files(reference: Reference) -> dict[str, str]:
    """Return the files: path below the folder -> script."""
    files: dict[str, str] = {}
    objects = []
    texts: dict[str, Any] = {}
    size = chunk = 0
    for entry in reference.entries:
        found = list(_texts(entry))
        texts[entry.path] = found
        objects.append(_object(entry, chunk, [number for number, _ in found]))
        size += sum(len(text or "") for _, text in found)
        if size > _FULL:
            files[f"data/texts-{chunk}.js"] = _script("texts", texts)
            texts, size, chunk = {}, 0, chunk + 1
    if texts:
        files[f"data/texts-{chunk}.js"] = _script("texts", texts)
    index = {
        "schema": reference.schema,
        "revisions": [[number, name] for number, name in reference.revisions],
        "kinds": {x.ref.kind.lower(): plural(x.ref.kind) for x in reference.entries},
        "objects": objects,
    }
    return {"data/index.js": _script("index", index), **files}


def _object(entry: Entry, chunk: int, changes: list[int]) -> dict[str, Any]:
    """Return what searching and switching revisions take."""
    page = entry.page
    found: dict[str, Any] = {
        "path": entry.path,
        "kind": entry.ref.kind.lower(),
        "title": one_line(page.title),
        "versions": [[x.number, int(x.page is not None)] for x in entry.versions],
        "changes": changes,
        "chunk": chunk,
    }
    titles = [[x.number, one_line(x.page.title)] for x in entry.versions if x.page is not None]
    if len({title for _, title in titles}) > 1:
        found["titles"] = titles
    columns = [
        "".join(text.text for text in row.cells[0])
        for grid in page.grids
        if grid.title in {"Columns", "Attributes", "Labels"}
        for row in grid.rows
    ]
    if columns:
        found["columns"] = [one_line(name) for name in columns]
    if page.comment:
        found["comment"] = " ".join(page.comment.split())[:200]
    return found


def _texts(entry: Entry) -> Iterator[tuple[int, str | None]]:
    """Yield an object's SQL from each revision on that changed it; None where it is gone."""
    last: str | None = ""
    for version in entry.versions:
        page = version.page
        text = None if page is None else "\n".join(line for line, _ in page.definition)
        if text != last:
            yield version.number, text
        last = text


def _script(name: str, value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"))
    return f'kongtask("{name}",{text});\n'
