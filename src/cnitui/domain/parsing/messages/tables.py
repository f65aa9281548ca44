"""Reads the tables of messages: they are part of the program, as its modules are, and lie beside this file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from cnitui.domain.parsing.messages.known import KnownMessage, Weight
from cnitui.domain.parsing.messages.phrases import regex

TOPICS = (
    "normal", "operator", "admission", "kube-proxy", "host", "trust", "reach", "image", "volume", "crd", "pool",
    "address", "kernel", "cni", "pressure", "runtime", "release", "step", "observed",
)  # fmt: skip
"""The tables, in the order in which a line is compared with them. Mechanisms stand before the installer's own steps: of
`Unable to create token …: i/o timeout` the timeout is what a person wants to read about."""


@cache
def messages() -> tuple[KnownMessage, ...]:
    """Every message. Read when the first line is to be recognised: nothing before that needs them."""
    return tuple(message for topic in TOPICS for message in _messages(topic, table(topic)))


@cache
def named() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Causes and the words by which people name what they are about."""
    observed = table("observed")
    parts = observed.get("parts", {})
    words = ((cause, "|".join(regex(word, parts) for word in every)) for cause, every in observed["named"].items())
    return tuple((cause, re.compile(pattern, re.IGNORECASE)) for cause, pattern in words)


def table(topic: str) -> dict[str, Any]:
    """One table as it is written; raises FileNotFoundError for a topic that has none."""
    return tomllib.loads(files(__package__).joinpath(f"{topic}.toml").read_text("utf-8"))


def _messages(topic: str, content: Mapping[str, Any]) -> Iterator[KnownMessage]:
    parts = content.get("parts", {})
    for entry in content["message"]:
        yield KnownMessage(
            id=entry["id"],
            topic=topic,
            program=entry["program"],
            level=entry["level"],
            says=tuple(entry["says"]),
            unless=tuple(entry.get("unless", ())),
            examples=tuple(entry["examples"]),
            others=tuple(entry["others"]),
            meaning=entry["meaning"],
            causes={cause: Weight[weight.upper()] for cause, weight in entry.get("causes", {}).items()},
            why=entry.get("why", ""),
            reports=tuple(entry.get("reports", ())),
            parts=parts,
        )
