"""Time of the simulated cluster: wall-clock stamps, and waits that a speed factor divides.

Stamps are real UTC so that kubectl's ages are right; only waits shrink, so whatever states a wait states the real one.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Real UTC time and scaled timers; one per lab so that a test's speed touches no other test."""

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed

    def now(self) -> datetime:
        """The present in UTC."""
        return datetime.now(UTC)

    def scaled(self, seconds: float) -> float:
        """How many real seconds a wait of `seconds` simulated seconds takes."""
        return seconds / self.speed

    def later(self, seconds: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Calls back after `seconds` simulated seconds; needs a running loop."""
        return asyncio.get_running_loop().call_later(self.scaled(seconds), callback)


def rfc3339(moment: datetime) -> str:
    """Kubernetes' `metav1.Time`: UTC, whole seconds."""
    return f"{moment.isoformat()[:19]}Z"


def rfc3339_micro(moment: datetime) -> str:
    """Kubernetes' `metav1.MicroTime`."""
    return f"{moment.isoformat(timespec='microseconds')[:26]}Z"


def rfc3339_nano(moment: datetime) -> str:
    """The stamp that `kubectl logs --timestamps` shows before each line."""
    return f"{moment.isoformat(timespec='microseconds')[:26]}000Z"


def parse_rfc3339(text: str) -> datetime:
    """Reads any of the formats above; ValueError otherwise."""
    head, dot, tail = text.partition(".")
    if dot:
        digits = tail.rstrip("Z")
        zone = ""
        for sign in "+-":
            if sign in digits:
                digits, _, rest = digits.partition(sign)
                zone = sign + rest
        text = f"{head}.{digits[:6].ljust(6, '0')}{zone or 'Z'}"
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def go_duration(seconds: float) -> str:
    """Go's `time.Duration` text (`10s`, `1m20s`, `5m0s`, `2.5s`, `800ms`), as the kubelet prints its back-off."""
    if seconds < 1:
        return f"{_number(seconds * 1000)}ms" if seconds > 0 else "0s"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{_number(rest)}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{hours}h{text}" if hours else text


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def human_duration(seconds: float) -> str:
    """Ages as the API server prints them in tables (`duration.HumanDuration` of apimachinery)."""
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return _pair(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _pair(days, "d", hours % 24, "h")
    if days < 365 * 2:
        return f"{days}d"
    if days < 365 * 8:
        return _pair(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _pair(big: int, big_unit: str, small: int, small_unit: str) -> str:
    return f"{big}{big_unit}" if not small else f"{big}{big_unit}{small}{small_unit}"
