"""The one thing that an experiment changes of a failing container, as data in the file of the cause it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Variant:
    """`words` completes "with …"; `security` goes into the container's securityContext.

    With `endpoint` the API server's own address stands in place of the Service's, by the two variables that every
    client in a pod takes it from.
    """

    words: str
    security: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    endpoint: bool = False
