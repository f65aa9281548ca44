"""An investigation that outlives its sitting: how far it came, as one document that a later sitting goes on from.

Schema `cnitui/investigation/v1`. It is written by us, but a disk keeps what anybody put there: what is read back is
checked and bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from cnitui.domain.documents import Document, text_of
from cnitui.late_dataclass import dataclass

SCHEMA = "cnitui/investigation/v1"
LAST_STEP = 11
LONGEST_LOG = 128 << 10
"""Characters of one container's log that are kept: its end."""
_MOST = 1_000
"""Entries of a list that are read back."""


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done in it, and when."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class SeenLog:
    """What a pane had of a container's log: lines with the kubelet's timestamps, rules of ours as comments (`# …`).

    `run` is the id of the container whose attempt it is; "" for earlier ones, of which the kubelet has nothing left.
    """

    node: str
    container: str
    run: str
    text: str


@dataclass(frozen=True, slots=True)
class Investigation:
    """Where an investigation stands.

    `found` says in words what was known; `plan` is the id of what was applied in it, "" before. `over` when nobody need
    be asked to go on: everything was healthy at its end, or somebody began anew.
    """

    id: str
    context: str
    server: str
    began: datetime
    at: datetime
    found: str = ""
    step: int = 1
    skipped: tuple[int, ...] = ()
    considered: str = ""
    plan: str = ""
    done: tuple[Done, ...] = ()
    over: bool = False


# --- to a document and back -----------------------------------------------------------------------------------------


def investigation_document(kept: Investigation) -> dict[str, object]:
    """As plain data, ready for JSON."""
    return {
        "schema": SCHEMA,
        "id": kept.id,
        "context": kept.context,
        "server": kept.server,
        "began": kept.began.isoformat(),
        "at": kept.at.isoformat(),
        "found": kept.found,
        "step": kept.step,
        "skipped": list(kept.skipped),
        "considered": kept.considered,
        "plan": kept.plan,
        "done": [{"at": one.at.isoformat(), "words": one.words} for one in kept.done],
        "over": kept.over,
    }


def investigation_of(document: Document) -> Investigation:
    """What was written; raises ValueError when the document is none, or of another version."""
    if document.get("schema") != SCHEMA:
        raise ValueError(f"schema: expected {SCHEMA}")
    return Investigation(
        id=text_of(document, "id"),
        context=text_of(document, "context"),
        server=text_of(document, "server"),
        began=_moment(document, "began"),
        at=_moment(document, "at"),
        found=text_of(document, "found"),
        step=min(max(1, _number(document, "step")), LAST_STEP),
        skipped=tuple(int(one) for one in _list(document, "skipped") if isinstance(one, int)),
        considered=text_of(document, "considered"),
        plan=text_of(document, "plan"),
        done=tuple(Done(_moment(one, "at"), text_of(one, "words")) for one in _maps(document, "done")),
        over=document.get("over") is True,
    )


def logs_document(seen: Iterable[SeenLog]) -> dict[str, object]:
    """Logs as plain data."""
    logs = [{"node": one.node, "container": one.container, "run": one.run, "text": one.text} for one in seen]
    return {"schema": SCHEMA, "logs": logs}


def logs_of(document: Document) -> tuple[SeenLog, ...]:
    """What was written; raises ValueError when the document is none."""
    return tuple(
        SeenLog(text_of(one, "node"), text_of(one, "container"), text_of(one, "run"), text_of(one, "text", LONGEST_LOG))
        for one in _maps(document, "logs")
    )


def _number(document: Document, key: str) -> int:
    value = document.get(key)
    if not isinstance(value, int):
        raise ValueError(f"{key}: expected a number")  # noqa: TRY004 - as above
    return value


def _moment(document: Document, key: str) -> datetime:
    moment = datetime.fromisoformat(text_of(document, key))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _list(document: Document, key: str) -> list[object]:
    value = document.get(key)
    if not isinstance(value, list):
        raise ValueError(f"{key}: expected a list")  # noqa: TRY004 - as above
    return value[:_MOST]


def _maps(document: Document, key: str) -> list[Document]:
    found = _list(document, key)
    if not all(isinstance(one, Mapping) for one in found):
        raise ValueError(f"{key}: expected a list of maps")
    return [one for one in found if isinstance(one, Mapping)]
