"""What judging one aspect of an installation comes to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Literal

from cnitui.late_dataclass import dataclass

Spec = Mapping[str, object]
Standing = Literal["met", "mind", "unknown", "refused"]
"""`mind`: the operator goes on, but a person has to know. `unknown`: what decides could not be read."""

QUOTED = 200


@dataclass(frozen=True, slots=True)
class Check:
    """One precondition: what it is about, how it stands and why, what was read, and what to do about it."""

    about: str
    standing: Standing
    why: str
    quote: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one aspect adds to the Installation's spec, and what it was judged by."""

    checks: tuple[Check, ...] = ()
    spec: Spec = field(default_factory=lambda: MappingProxyType({}))


def written(value: object) -> str:
    """A value of an object, as it stands there."""
    return json.dumps(value, ensure_ascii=False, default=str)


def met(about: str, why: str, quote: str = "") -> Check:
    """It is as the operator wants it."""
    return Check(about, "met", why, quote)


def mind(about: str, why: str, quote: str = "", fix: str = "") -> Check:
    """It does not stop the operator, but changes something."""
    return Check(about, "mind", why, quote, fix)


def unknown(about: str, why: str, quote: str = "") -> Check:
    """What decides was not to be read."""
    return Check(about, "unknown", why, quote)


def refused(about: str, why: str, quote: str = "", fix: str = "") -> Check:
    """The operator refuses it, or would break what runs."""
    return Check(about, "refused", why, quote, fix)


def merged(specs: Iterable[Spec]) -> dict[str, object]:
    """Several shares of a spec as one; where two say the same field, the later one counts."""
    whole: dict[str, object] = {}
    for spec in specs:
        for key, value in spec.items():
            held = whole.get(key)
            both = isinstance(held, Mapping) and isinstance(value, Mapping)
            whole[key] = merged((held, value)) if both else value  # type: ignore[arg-type]  # both are mappings
    return whole
