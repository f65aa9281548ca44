"""What the steps that look have in common: what they say while nothing can be looked at, and of whom more is kept."""

from __future__ import annotations

from cnitui.domain.facts import PodStatus
from cnitui.engine.guide.blocks import Block, Item, Paragraph
from cnitui.engine.guide.outline import Outline
from cnitui.engine.state import State

MANY = 12
"""Failing nodes from which on their groups are told first."""


def unreached(state: State) -> Outline | None:
    """What the steps that look have to say when the pods themselves could never be read; None when they could."""
    error = state.fatal or state.pods_link.error
    if error is None or state.diagnosis is not None:
        return None
    blocks = (Paragraph(error.next_step, "dim"),) if error.next_step else ()
    return Outline("unknown", "not readable", sentence(error.what), blocks)


def unasked(state: State, words: str) -> Outline:
    """A step that has nothing to look at: nothing is known yet, no pod is there, or all is well."""
    if state.diagnosis is None:
        return Outline("waiting", "", "This waits for the list of pods.")
    if state.ill or not state.pods:
        return Outline("unknown", "no pod", "No pod is there to look at: step 1 says what is known of that.")
    return Outline("pass", "nothing fails", words)


def first_few(items: list[Item], what: str, most: int = 5) -> tuple[Block, ...]:
    """The first few, and how many more there are."""
    more = [Paragraph(f"and {len(items) - most} {what}", "dim")] if len(items) > most else []
    return (*items[:most], *more)


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text[:1].upper() + stopped(text[1:])


def stopped(text: str) -> str:
    """With a full stop."""
    return text if text.endswith(".") else f"{text}."


def read_of(state: State) -> list[PodStatus]:
    """The failing pods of which more is kept than the lists show, by node."""
    pods = (state.pod(node) for node in state.kept_nodes)
    return [pod for pod in pods if pod is not None and pod.failing is not None]
