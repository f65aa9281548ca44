"""How a stream from the cluster is."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from cnitui.errors import CnituiError
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """One stream from the cluster: asking, live, stale (broken, tried again at `retry_at`) or refused for good."""

    phase: Literal["asking", "live", "stale", "refused"] = "asking"
    error: CnituiError | None = None
    since: datetime | None = None
    retry_at: datetime | None = None
