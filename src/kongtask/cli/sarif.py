"""Findings as a SARIF 2.1.0 log, which code hosts and editors read."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kongtask import __version__
from kongtask.cli.finding import Finding, relative
from kongtask.rules import Rule

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif(
    findings: Sequence[Finding], rules: Mapping[str, Rule], root: Path, tool: str
) -> dict[str, Any]:
    """Return findings as a SARIF 2.1.0 log.

    A result's fingerprint does not know its line, so that a code host recognises the result when
    lines before it come and go.
    """
    names = sorted({finding.rule for finding in findings})
    numbers = {name: number for number, name in enumerate(names)}
    seen: Counter[str] = Counter()
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": tool,
                        "semanticVersion": __version__,
                        "rules": [_rule(name, rules.get(name)) for name in names],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(finding, numbers[finding.rule], root, seen) for finding in findings
                ],
            }
        ],
    }


def _rule(name: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"id": name}
    found: dict[str, Any] = {
        "id": name,
        "shortDescription": {"text": rule.description},
        "defaultConfiguration": {"level": rule.level.value},
    }
    if rule.rationale:
        found["fullDescription"] = {"text": rule.rationale}
        found["help"] = {"text": rule.rationale}
    if rule.url is not None:
        found["helpUri"] = rule.url
    return found


def _result(finding: Finding, number: int, root: Path, seen: Counter[str]) -> dict[str, Any]:
    text = f"{finding.message}\n{finding.hint}" if finding.hint else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": number,
        "level": finding.level.value,
        "message": {"text": text},
        "partialFingerprints": {"kongtask/v1": _fingerprint(finding, root, seen)},
    }
    location: dict[str, Any] = {}
    if finding.file is not None:
        location["physicalLocation"] = _physical(finding, finding.file, root)
    if finding.object is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.object}]
    if location:
        result["locations"] = [location]
    return result


def _physical(finding: Finding, file: Path, root: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"artifactLocation": _artifact(file, root)}
    region = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
    }
    given = {name: value for name, value in region.items() if value is not None}
    if finding.line is not None:
        found["region"] = given
    return found


def _artifact(file: Path, root: Path) -> dict[str, str]:
    path = file.absolute()
    if path.is_relative_to(root):
        return {"uri": quote(path.relative_to(root).as_posix()), "uriBaseId": "%SRCROOT%"}
    return {"uri": path.as_uri()}


def _fingerprint(finding: Finding, root: Path, seen: Counter[str]) -> str:
    """Return what tells a result from all others, and is the same when lines move."""
    where = finding.object or (finding.source or "").strip() or finding.message
    file = relative(finding.file, root) if finding.file else ""
    sum_ = hashlib.sha256("\0".join((finding.rule, file, where)).encode()).hexdigest()
    seen[sum_] += 1
    return f"{sum_}:{seen[sum_]}"
