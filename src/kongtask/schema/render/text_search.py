"""Text search objects."""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.names import quote_identifier
from kongtask.schema.model import (
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
)
from kongtask.schema.render.context import Context
from kongtask.schema.render.targets import comment_of, target
from kongtask.schema.render.text import INDENT, listed_options
from kongtask.schema.steps import Step


def render_functions(
    context: Context, step: Step, item: TextSearchParser | TextSearchTemplate
) -> Iterator[str]:
    """Yield the statements for a parser or a template."""
    del context, step
    yield f"CREATE {target(item)} {listed_options(item.options)};"
    yield from comment_of(item)


def render_dictionary(
    context: Context, step: Step, dictionary: TextSearchDictionary
) -> Iterator[str]:
    """Yield the statements for a dictionary."""
    del context, step
    # The catalog holds the options as SQL text already.
    options = f",\n{INDENT}{dictionary.options}" if dictionary.options else ""
    template = f"{INDENT}TEMPLATE = {dictionary.template}"
    yield f"CREATE {target(dictionary)} (\n{template}{options}\n);"
    yield from comment_of(dictionary)


def render_configuration(
    context: Context, step: Step, configuration: TextSearchConfiguration
) -> Iterator[str]:
    """Yield the statements for a configuration."""
    del context, step
    yield f"CREATE {target(configuration)} (\n{INDENT}PARSER = {configuration.parser}\n);"
    for token, dictionaries in configuration.mappings:
        yield (
            f"ALTER {target(configuration)} ADD MAPPING FOR {quote_identifier(token)} "
            f"WITH {', '.join(dictionaries)};"
        )
    yield from comment_of(configuration)
