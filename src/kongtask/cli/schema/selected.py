"""Which rules are looked for, and which findings the settings silence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from kongtask.cli.finding import Finding
from kongtask.errors import UsageError
from kongtask.migrate.lint import RULES as MIGRATION_RULES
from kongtask.rules import Rule
from kongtask.schema.lint import RULES as SCHEMA_RULES
from kongtask.settings import Ignore, Settings


def known_rules() -> Mapping[str, Rule]:
    """Return all rules by their ids."""
    return {id_: found.rule for id_, found in SCHEMA_RULES.items()} | dict(MIGRATION_RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The rules that are looked for, and what is silenced.

    Attributes:
        rules: ids.
        left_out: ids that are not looked for, those that only squawk knows too.
        takes_unknown: whether what only squawk knows is looked for.
        ignore: entries of the settings.
    """

    rules: frozenset[str]
    left_out: frozenset[str]
    takes_unknown: bool
    ignore: tuple[Ignore, ...]

    @classmethod
    def of(
        cls,
        settings: Settings,
        only: Iterable[str],
        include: Iterable[str],
        exclude: Iterable[str],
    ) -> Selection:
        """Select rules.

        Args:
            settings: the project's.
            only: rules, with commas between; none means those that are on by default.
            include: rules to look for besides.
            exclude: rules not to look for.

        Raises:
            UsageError: there is no such rule.
        """
        known = known_rules()
        given = _names(only, known)
        more = _names([*include, *settings.lint.include], known)
        usual = {id_ for id_, rule in known.items() if rule.is_default} | more
        left_out = {word for text in exclude for word in _words(text)}
        return cls(
            rules=frozenset(given or usual) - left_out,
            left_out=frozenset(left_out),
            takes_unknown=not given,
            ignore=settings.lint.ignore,
        )

    def kept(
        self, findings: Iterable[Finding], settings: Settings, schemas: Sequence[str]
    ) -> list[Finding]:
        """Return the findings that are not silenced, and notes of entries that silence nothing.

        Args:
            findings: what was found.
            settings: the project's.
            schemas: what was linted as a whole. Only where that is all of the project can an entry
                be said to have no effect.
        """
        kept = []
        used: set[Ignore] = set()
        for finding in findings:
            matching = {entry for entry in self.ignore if _covers(entry, finding)}
            used |= matching
            if not matching and self._looks_for(finding.rule):
                kept.append(finding)
        if {settings.default_schema, *settings.schemas} <= set(schemas):
            kept += (_without_effect(x, settings) for x in self.ignore if x not in used)
        return kept

    def _looks_for(self, rule: str) -> bool:
        if rule in self.left_out:
            return False
        return rule in self.rules or (self.takes_unknown and rule not in known_rules())


def _names(texts: Iterable[str], known: Mapping[str, Rule]) -> set[str]:
    found = {word for text in texts for word in _words(text)}
    unknown = sorted(found - known.keys())
    if unknown:
        import difflib

        close = difflib.get_close_matches(unknown[0], known, n=3)
        raise UsageError(
            f'there is no rule "{unknown[0]}"'
            + (f"; did you mean {' or '.join(close)}?" if close else "")
        )
    return found


def _words(text: str) -> list[str]:
    return [word for word in text.replace(",", " ").split() if word]


def _covers(entry: Ignore, finding: Finding) -> bool:
    if entry.rule != finding.rule:
        return False
    if entry.object is not None:
        return finding.object is not None and _fits(finding.object, entry.object)
    if entry.file is not None:
        is_migration = finding.object is None and finding.file is not None
        return is_migration and _fits(finding.file.name if finding.file else "", entry.file)
    return True


def _fits(text: str, pattern: str) -> bool:
    return text == pattern or fnmatchcase(text, pattern)


def _without_effect(entry: Ignore, settings: Settings) -> Finding:
    rule = MIGRATION_RULES["ignore-without-effect"]
    where = f" for {entry.object or entry.file}" if entry.object or entry.file else ""
    return Finding(
        rule=rule.id,
        level=rule.level,
        message=f"the settings silence {entry.rule}{where}, which is not found",
        hint="take the entry out of lint.ignore",
        file=settings.file,
    )
