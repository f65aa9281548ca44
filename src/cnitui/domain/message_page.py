"""`docs/messages.md`: every known message for reading, generated from the tables so that it cannot drift."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from cnitui.domain.parsing.messages import KnownMessage, messages
from cnitui.domain.parsing.messages.tables import table

_HEAD = """\
# Known messages

Generated from `src/cnitui/domain/parsing/messages/*.toml` by `python -m cnitui.domain.message_page`; a test keeps it
true. {count} messages in {tables} tables.

## Reading one

| field | what it is |
|---|---|
| `program` | who prints it |
| `level` | `fatal` ended the attempt · `cause` names a mechanism · `warning` · `consequence` follows from a failure \
elsewhere · `probe` a health check said it · `benign`, `milestone` are part of every good run · `observed` a person \
says it |
| `says` | phrases; one of them stands in the line |
| `unless` | phrases that make it another matter |
| `examples` | lines that it recognises: each is a test |
| `others` | lines like it that it must not take: each is a test |
| `meaning` | what it tells the reader, in a sentence or two |
| `causes` | how strongly it speaks for which cause: `fits` does not contradict · `suggests` the usual reason among \
several · `specific` a rival could say the same · `conclusive` the line alone establishes it |
| `why` | why it speaks for them |
| `reports` | public threads that had it |

A phrase is a regular expression without its noise; case does not matter and groups do not capture.

| written | means |
|---|---|
| `…` | anything, up to 200 characters |
| `~` | the rest of a word: `fail~` is fail, failed, failure |
| `<word>` | something without a space: a path, a name, an address |
| `"` | a quotation mark, also one that is escaped as in JSON |
| `{{name}}` | a part of that name, from `[parts]` of the same table |

## Correcting or adding one

1. Open the table of its topic. A line may say one thing of each topic; inside a table the first match counts, so
   put the special before the general.
2. Copy an entry and change it. Give it a line that it must take and one that it must not.
3. `make test ARGS=tests/domain/parsing/messages` tries every example and looks for phrases that match too much: without
   a word that must be there, matching nothing at all, or taking an ordinary line for a failure.
4. `python -m cnitui.domain.message_page > docs/messages.md` and `python -m cnitui.domain.explain > docs/causes.md`.
"""


def as_document() -> str:
    """The whole page."""
    return "\n".join(_document()) + "\n"


def _document() -> Iterator[str]:
    topics = [(topic, tuple(members)) for topic, members in groupby(messages(), lambda message: message.topic)]
    yield _HEAD.format(count=len(messages()), tables=len(topics)).rstrip()
    for topic, members in topics:
        yield from ("", f"## {topic}", "", " ".join(table(topic)["about"].split()))
        sources = " ".join(table(topic).get("sources", "").split())
        yield from ("", f"Sources: {sources}.") if sources else ()
        for message in members:
            yield from _section(message)


def _section(message: KnownMessage) -> Iterator[str]:
    yield from ("", f"### {message.id}", "", f"{message.program} · {message.level}. {message.meaning}", "")
    yield from (f"- takes {_code(line)}" for line in message.examples)
    yield from (f"- not {_code(line)}" for line in message.others)
    if message.causes:
        weighed = ", ".join(f"{cause} ({weight.name.lower()})" for cause, weight in message.causes.items())
        yield f"- speaks for {weighed}: {message.why}"
    if message.reports:
        yield f"- reported in {', '.join(message.reports)}"


def _code(line: str) -> str:
    """A line as code, whatever quotation it holds."""
    return f"`` {line} ``" if "`" in line else f"`{line}`"


if __name__ == "__main__":
    import sys

    sys.stdout.write(as_document())
