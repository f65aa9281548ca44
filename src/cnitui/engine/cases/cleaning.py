"""Takes the secrets out of a recording, piece by piece."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from cnitui.domain.recording import Failure, Hidden, Piece, Recording
from cnitui.domain.redaction import Redactor
from cnitui.engine.cases.progress import Told, untold


async def redacted(recording: Recording, told: Told = untold) -> tuple[Recording, tuple[Hidden, ...]]:
    """The recording without secrets, and what was hidden where; keys and screen get their turn between two pieces."""
    redactor = Redactor()
    pieces: list[Piece] = []
    for number, piece in enumerate(recording.pieces, 1):
        told(f"taking the secrets out: {number:,} of {len(recording.pieces):,} pieces of evidence")
        pieces.append(_clean(piece, redactor))
        await asyncio.sleep(0)
    clean = replace(
        recording,
        server=redactor.text(recording.server, "manifest.json"),
        reach={node: redactor.text(line, "manifest.json") for node, line in recording.reach.items()},
        pieces=tuple(pieces),
        audit=redactor.data(recording.audit, "audit.jsonl"),
    )
    return clean, redactor.hidden


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
