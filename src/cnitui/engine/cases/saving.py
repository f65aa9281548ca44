"""Saves a case file: collect, take the secrets out, judge what is left, write.

Judging comes after redaction and on the recording itself, so the diagnosis in a case file is the one that the file
leads to, and nothing that was hidden can come back in a quotation.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.finding import Diagnosis
from cnitui.domain.recording import Failure, Hidden, KeptLog, Piece, Recording
from cnitui.domain.redaction import Redactor
from cnitui.domain.report import as_json
from cnitui.engine.cases.collect import collect
from cnitui.engine.cases.replay import replayed
from cnitui.engine.ports import CaseFiles
from cnitui.engine.services import Services
from cnitui.engine.sitting import judged, sitting
from cnitui.engine.state import State
from cnitui.errors import ClusterError, StateError

Render = Callable[[Mapping[str, object]], str]
JUDGED_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written: the file, its diagnosis, how many pieces and secrets, and what could not be read."""

    path: Path
    diagnosis: Diagnosis
    pieces: int
    hidden: int
    unavailable: tuple[str, ...]


async def save_case(
    services: Services, state: State, path: Path, *, overwrite: bool = False, kept: Sequence[KeptLog] = ()
) -> Saved:
    """Write the case of this state, `kept` being logs that only we still have.

    Raises StateError, or a ClusterError when the API server does not answer.
    """
    files = services.files
    if files is None:
        raise StateError("case files cannot be written here")
    files.check(path, overwrite=overwrite)
    recording, hidden = await redacted(await collect(services, state, files, kept))
    diagnosis = await diagnosed(recording, files, services.render)
    await files.write(path, recording, as_json(diagnosis), hidden, overwrite=overwrite)
    pieces = sum(piece.failure is None for piece in recording.pieces)
    return Saved(path, diagnosis, pieces, sum(one.count for one in hidden), _missing(recording))


async def diagnosed(recording: Recording, files: CaseFiles, render: Render) -> Diagnosis:
    """What a recording comes to, by the session that judges a cluster."""
    state = await sitting(replayed(recording, files, render, ""), JUDGED_WITHIN)
    try:
        return judged(state)
    except ClusterError:
        return diagnose(state.case)


def _missing(recording: Recording) -> tuple[str, ...]:
    failures = [piece for piece in recording.pieces if piece.failure is not None]
    told = [f"{piece.source}: {piece.failure.what}" for piece in failures if piece.failure is not None]
    return (*dict.fromkeys(told), *recording.left_out)


# --- redaction ------------------------------------------------------------------------------------------------------


async def redacted(recording: Recording) -> tuple[Recording, tuple[Hidden, ...]]:
    """The recording without secrets, and what was hidden where; keys and screen get their turn between two pieces."""
    redactor = Redactor()
    pieces: list[Piece] = []
    for piece in recording.pieces:
        pieces.append(_clean(piece, redactor))
        await asyncio.sleep(0)
    clean = replace(
        recording,
        server=redactor.text(recording.server, "manifest.json"),
        reach={node: redactor.text(line, "manifest.json") for node, line in recording.reach.items()},
        pieces=tuple(pieces),
        audit=redactor.data(recording.audit, "audit.jsonl"),
    )
    counts = sorted(redactor.counts.items())
    return clean, tuple(Hidden(what, count, where) for (where, what), count in counts)


def _clean(piece: Piece, redactor: Redactor) -> Piece:
    where = piece.source
    failure = piece.failure
    if failure is not None:
        sentences = (redactor.text(failure.what, where), redactor.text(failure.next_step, where))
        failure = Failure(failure.error, *sentences)
    return replace(
        piece,
        source=redactor.text(piece.source, where),
        data=_clean_data(piece, redactor),
        errors=redactor.data(piece.errors, where),
        failure=failure,
    )


def _clean_data(piece: Piece, redactor: Redactor) -> bytes:
    """An object is redacted by its fields, everything else as text."""
    if piece.kind not in ("object", "events", "trial") or not piece.data:
        return redactor.data(piece.data, piece.source)
    document = redactor.document(json.loads(piece.data), piece.source)
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogateescape")
