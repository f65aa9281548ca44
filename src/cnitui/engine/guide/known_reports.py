"""Step 2: which known messages the logs and events hold."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from cnitui.domain.evidence import Unavailable
from cnitui.domain.facts import AttemptLogs, PodEvents, PodStatus
from cnitui.domain.listing import listed
from cnitui.domain.parsing.messages import KnownMessage, recognise
from cnitui.engine.guide.blocks import Block, Heading, Item, Quote
from cnitui.engine.guide.looking import first_few, read_of, unasked
from cnitui.engine.guide.outline import Outline
from cnitui.engine.state import State
from cnitui.late_dataclass import dataclass

PROBLEM_KINDS = frozenset({"fatal", "cause", "loop", "warning"})


def reports(state: State) -> Outline:
    """Step 2: which known messages the logs and events hold."""
    found = known_messages(state)
    if not state.failing:
        return unasked(state, "Nothing fails, so there is no message to look up.")
    if not found and not state.settled:
        return Outline("running", "reading logs", "Reading the logs and events of the failing pods.")
    if not found:
        return Outline("unknown", "none known", "No known failure message was found.", _unread(state))
    count = len(found)
    word = f"{count} known"
    blocks: list[Block] = []
    for seen in found:
        blocks.append(Heading(listed(seen.nodes)))
        blocks.append(Quote(seen.quote, seen.source))
        blocks.append(Item(seen.message.meaning, "warn", _reports_of(seen.message)))
    return Outline(
        "fail", word, found[0].message.meaning.partition(". ")[0].rstrip(".") + ".", (*blocks, *_unread(state))
    )


def _reports_of(message: KnownMessage) -> str:
    causes = f"speaks for: {', '.join(message.causes)}" if message.causes else ""
    seen = f"public reports: {', '.join(message.reports)}" if message.reports else ""
    return " · ".join(part for part in (causes, seen) if part)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A known message, one line in which it was seen, that line's source, and the nodes."""

    message: KnownMessage
    quote: str
    source: str
    nodes: tuple[str, ...]


def known_messages(state: State) -> tuple[Sighting, ...]:
    """Each failure message recognised in logs and events of the failing pods."""
    found: dict[str, Sighting] = {}
    for pod in read_of(state):
        for text, source in _said(state, pod):
            message = _problem(text)
            if message is None:
                continue
            seen = found.setdefault(message.id, Sighting(message, text, source, ()))
            if pod.node not in seen.nodes:
                found[message.id] = replace(seen, nodes=(*seen.nodes, pod.node))
    return tuple(found.values())


@lru_cache(32_768)
def _problem(text: str) -> KnownMessage | None:
    """The failure message in a line; remembered, because the steps are made anew with every state of the cluster."""
    message = recognise(text)
    return message if message is not None and message.level in PROBLEM_KINDS else None


def _said(state: State, pod: PodStatus) -> list[tuple[str, str]]:
    logs, events = state.case.reading(AttemptLogs, pod.node), state.case.reading(PodEvents, pod.node)
    said: list[tuple[str, str]] = []
    if logs is not None and not isinstance(logs, Unavailable) and logs.value.latest is not None:
        said.extend((line.text, f"{logs.source.command} line {line.number}") for line in logs.value.latest.lines)
    if events is not None and not isinstance(events, Unavailable):
        said.extend((event.message, events.source.command) for event in events.value.events if event.kind != "Normal")
    return said


def _unread(state: State) -> tuple[Block, ...]:
    missing = [
        Item(f"{pod.node}: logs not readable: {reading.why}", "warn", reading.next_step)
        for pod in read_of(state)
        if isinstance(reading := state.case.reading(AttemptLogs, pod.node), Unavailable)
    ]
    return first_few(missing, "more nodes")
