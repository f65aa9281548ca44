"""What a log pane says about its stream: in the title in a few words, below the last line in a sentence."""

from __future__ import annotations

from datetime import UTC, datetime

from cnitui.engine.guide.blocks import Role
from cnitui.engine.logs.status import FeedState, FeedStatus
from cnitui.tui.wording import countdown

_SHORT: dict[FeedState, tuple[str, Role]] = {
    FeedState.CONNECTING: ("connecting", "dim"),
    FeedState.LIVE: ("live", "good"),
    FeedState.WAITING: ("waiting", "warn"),
    FeedState.RECONNECTING: ("reconnecting", "warn"),
    FeedState.ENDED: ("ended", "dim"),
    FeedState.FORBIDDEN: ("forbidden", "bad"),
    FeedState.GONE: ("gone", "warn"),
}


def utc_now() -> datetime:
    """The time, unless the owner has another clock."""
    return datetime.now(UTC)


def state_words(status: FeedStatus, now: datetime) -> tuple[str, Role]:
    """For the title: `live`, `next 02:13`, `reconnecting 00:04`; and the role of that."""
    words, role = _SHORT[status.state]
    if status.until is None:
        return words, role
    if status.state is FeedState.WAITING:
        words = "next"
    return f"{words} {countdown(status.until, now)}", role


def title_words(status: FeedStatus, now: datetime) -> list[list[tuple[str, Role]]]:
    """What stands behind the node's name, the longest first; a narrow title takes a shorter one."""
    state = state_words(status, now)
    if not status.attempt:
        return [[(" · ", "dim"), state], []]
    return [
        [(f" · attempt {status.attempt} · ", "dim"), state],
        [(f" · #{status.attempt} · ", "dim"), state],
        [(" · ", "dim"), state],
        [],
    ]


def sentence(status: FeedStatus, container: str, now: datetime, *, empty: bool) -> tuple[str, Role] | None:
    """For the row below the last line; None while the lines speak for themselves."""
    why = f": {status.why}" if status.why else ""
    if status.state is FeedState.LIVE:
        return (f"{container} runs and has printed nothing yet", "dim") if empty else None
    if status.state is FeedState.WAITING:
        if status.until and status.until > now:
            return f"attempt {status.attempt + 1} is due in about {countdown(status.until, now)}{why}", "dim"
        return f"waiting for attempt {status.attempt + 1}{why}", "dim"
    again = f"; next try in {countdown(status.until, now)}" if status.until else ""
    told: dict[FeedState, tuple[str, Role]] = {
        FeedState.CONNECTING: (f"asking for the log of {container}{why}", "dim"),
        FeedState.RECONNECTING: (f"! the stream was cut{why}{again}" if why else "! reconnecting", "warn"),
        FeedState.ENDED: (f"{container} has ended{why}", "dim"),
        FeedState.FORBIDDEN: (f"✗ may not read this log{why}{again}", "bad"),
        FeedState.GONE: (f"! the container is gone{why}", "warn"),
    }
    return told[status.state]
