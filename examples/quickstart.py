"""A first application: two tasks that any worker of it runs.

    kongtask run --app examples.quickstart:app

Without a database, kongtask starts one of its own. Stop it with Ctrl-C.
"""

from __future__ import annotations

from dataclasses import dataclass

from kongtask import App, Context, ThreadContext

app = App()


@dataclass
class Person:
    """Who is greeted."""

    name: str


@app.task
async def greet(person: Person, context: Context) -> None:
    """Say hello; the payload is checked and becomes what the type hint says."""
    context.logger.info("hello, %s", person.name)


@app.task
def count_words(text: str, context: ThreadContext) -> None:
    """Count words; an ordinary function runs in a thread."""
    context.logger.info("%d words", len(text.split()))
