"""What no schema owns, but for publications."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kongtask.names import quote_identifier, quote_literal
from kongtask.schema.model import (
    AccessMethod,
    Cast,
    EventTrigger,
    Extension,
    ForeignDataWrapper,
    Kind,
    Language,
    Ref,
    Server,
    Transform,
    UserMapping,
)
from kongtask.schema.render.context import Context
from kongtask.schema.render.parts import ENABLING
from kongtask.schema.render.security_labels import labels_on
from kongtask.schema.render.targets import comment_of, target
from kongtask.schema.render.text import INDENT
from kongtask.schema.steps import Step


def render_extension(context: Context, step: Step, extension: Extension) -> Iterator[str]:
    """Yield the statements for an extension, and for its schema where the file does not make it."""
    del step
    schema = quote_identifier(extension.schema)
    is_made = Ref(Kind.SCHEMA, extension.schema, "") in context.separate
    if extension.schema != "pg_catalog" and not is_made:
        yield f"CREATE SCHEMA IF NOT EXISTS {schema};"
    name = quote_identifier(extension.name)
    yield f"CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA {schema};"
    yield from comment_of(extension)


def render_language(context: Context, step: Step, language: Language) -> Iterator[str]:
    """Yield the statements for a procedural language."""
    del context, step
    words = [f"CREATE {'TRUSTED ' if language.trusted else ''}{target(language)}"]
    words.append(f"HANDLER {language.handler}")
    if language.inline is not None:
        words.append(f"INLINE {language.inline}")
    if language.validator is not None:
        words.append(f"VALIDATOR {language.validator}")
    yield f"{' '.join(words)};"
    yield from comment_of(language)


def render_access_method(context: Context, step: Step, method: AccessMethod) -> Iterator[str]:
    """Yield the statements for an access method."""
    del context, step
    yield f"CREATE {target(method)} TYPE {method.type} HANDLER {method.handler};"
    yield from comment_of(method)


def render_wrapper(context: Context, step: Step, wrapper: ForeignDataWrapper) -> Iterator[str]:
    """Yield the statements for a foreign-data wrapper."""
    del context, step
    handler = f" HANDLER {wrapper.handler}" if wrapper.handler is not None else ""
    validator = f" VALIDATOR {wrapper.validator}" if wrapper.validator is not None else ""
    yield f"CREATE {target(wrapper)}{handler}{validator}{_options(wrapper.options)};"
    yield from comment_of(wrapper)


def render_server(context: Context, step: Step, server: Server) -> Iterator[str]:
    """Yield the statements for a foreign server."""
    del context, step
    type_ = f" TYPE {quote_literal(server.type)}" if server.type is not None else ""
    version = f" VERSION {quote_literal(server.version)}" if server.version is not None else ""
    wrapper = f" FOREIGN DATA WRAPPER {quote_identifier(server.wrapper)}"
    yield f"CREATE {target(server)}{type_}{version}{wrapper}{_options(server.options)};"
    yield from comment_of(server)


def render_user_mapping(context: Context, step: Step, mapping: UserMapping) -> Iterator[str]:
    """Yield the statement for a user mapping."""
    del context, step
    yield f"CREATE {target(mapping)}{_options(mapping.options)};"


def render_cast(context: Context, step: Step, cast: Cast) -> Iterator[str]:
    """Yield the statements for a cast."""
    del context, step
    context_ = f" AS {cast.context}" if cast.context is not None else ""
    yield f"CREATE {target(cast)} {cast.method}{context_};"
    yield from comment_of(cast)


def render_transform(context: Context, step: Step, transform: Transform) -> Iterator[str]:
    """Yield the statements for a transform."""
    del context, step
    functions = []
    if transform.from_sql is not None:
        functions.append(f"FROM SQL WITH FUNCTION {transform.from_sql}")
    if transform.to_sql is not None:
        functions.append(f"TO SQL WITH FUNCTION {transform.to_sql}")
    yield f"CREATE {target(transform)} ({', '.join(functions)});"
    yield from comment_of(transform)


def render_event_trigger(context: Context, step: Step, trigger: EventTrigger) -> Iterator[str]:
    """Yield the statements for an event trigger."""
    del context, step
    tags = ", ".join(quote_literal(tag) for tag in trigger.tags)
    when = f"\n{INDENT}WHEN TAG IN ({tags})" if tags else ""
    yield (
        f"CREATE {target(trigger)} ON {trigger.event}{when}\n"
        f"{INDENT}EXECUTE FUNCTION {trigger.function}();"
    )
    if trigger.enabled != "O":
        yield f"ALTER {target(trigger)} {ENABLING[trigger.enabled]};"
    yield from comment_of(trigger)
    yield from labels_on(target(trigger), trigger.security_labels)


def _options(options: Iterable[str]) -> str:
    listed = ", ".join(options)
    return f" OPTIONS ({listed})" if listed else ""
