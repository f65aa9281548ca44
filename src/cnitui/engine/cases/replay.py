"""A case file opened again: services that answer from a recording, so that the same session judges it.

Nothing can be written: a case file has no cluster behind it. Time stands still at the moment of collection, so that
ages and countdowns are those of then.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from cnitui.domain.documents import as_mapping
from cnitui.domain.experiment import Experiment, Try
from cnitui.domain.recording import KeptLog, Recorded, Recording
from cnitui.domain.trial_documents import trial_of
from cnitui.engine.ports import CaseFiles, Settings
from cnitui.engine.services import Services
from cnitui.errors import ConfigurationError, ReadOnly, StateError

_A_MOMENT = 0.1
"""Seconds: shorter waits are there to bundle events of a cluster, which do not come here."""


class StoppedClock:
    """The time of collection; waiting for a moment costs nothing, waiting for longer is real."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds if seconds > _A_MOMENT else 0)


class NoJournal:
    """Keeps nothing: what is not written needs no record."""

    def audit(self, event: str, details: Mapping[str, object]) -> None:
        """Nothing can follow that would have to be on record."""

    def keep(self, plan_id: str, name: str, document: object) -> Path:
        raise ReadOnly("A case file has no cluster behind it: nothing can be changed")

    def load(self, plan_id: str, name: str) -> object:
        raise StateError(f"plan {plan_id} is not part of the case file")

    def place(self, plan_id: str, file: str) -> Path:
        raise StateError(f"plan {plan_id} is not part of the case file")

    def plans(self) -> tuple[str, ...]:
        return ()

    def new_id(self, now: datetime) -> str:
        return f"{now:%Y%m%dT%H%M%SZ}-0000"


def _kept(recording: Recording) -> tuple[KeptLog, ...]:
    pieces = (piece for piece in recording.pieces if piece.kind == "kept" and piece.failure is None)
    return tuple((piece.key[0], piece.key[1], piece.data) for piece in pieces)


def _trials(recording: Recording, name: str) -> tuple[Experiment | Try, ...]:
    """Experiments and tries; raises ConfigurationError for a document that is none."""
    found: list[Experiment | Try] = []
    for piece in recording.pieces:
        if piece.kind == "trial" and piece.failure is None:
            try:
                found.append(trial_of(as_mapping(json.loads(piece.data))))
            except (ValueError, RecursionError, OverflowError) as error:
                what = f"{name}: a trial on {piece.node or 'a node'}: {str(error)[:200]}"
                raise ConfigurationError(what, "The file was changed after it was written.") from error
    return tuple(found)


def _read_nodes(recording: Recording) -> frozenset[str]:
    """The nodes of which logs, events or commands were kept."""
    return frozenset(piece.node for piece in recording.pieces if piece.kind in ("log", "events", "command", "node"))


def replayed(
    recording: Recording, files: CaseFiles, render: Callable[[Mapping[str, object]], str], name: str
) -> Services:
    """Services on a recording; `name` is how the case file is called on the screen."""
    cluster, shell = files.replay(recording)

    async def close() -> None:
        return

    return Services(
        cluster,
        shell,
        NoJournal(),
        StoppedClock(recording.at),
        Settings(namespace=recording.namespace, node_access=recording.node_access, readonly=True),
        render,
        close,
        files,
        Recorded(name, recording.at, _kept(recording), _read_nodes(recording), _trials(recording, name)),
    )
