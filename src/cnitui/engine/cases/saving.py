"""Saves a case file: collect, take the secrets out, judge what is left, write.

Judging comes after redaction and on the recording itself, so the diagnosis in a case file is the one that the file
leads to, and nothing that was hidden can come back in a quotation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.finding import Diagnosis
from cnitui.domain.recording import KeptLog, Recording
from cnitui.domain.report import as_json
from cnitui.engine.cases.cleaning import redacted
from cnitui.engine.cases.collect import BOUNDS, Bounds, collect
from cnitui.engine.cases.progress import Told, untold
from cnitui.engine.cases.replay import replayed
from cnitui.engine.ports import CaseFiles
from cnitui.engine.services import Services
from cnitui.engine.sitting import judged, sitting
from cnitui.engine.state import State
from cnitui.errors import ClusterError, StateError
from cnitui.late_dataclass import dataclass

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
    services: Services,
    state: State,
    path: Path,
    *,
    overwrite: bool = False,
    kept: Sequence[KeptLog] = (),
    bounds: Bounds = BOUNDS,
    told: Told = untold,
) -> Saved:
    """Write the case of this state, `kept` being logs that only we still have; `told` hears how far it is, in words.

    Cancelled, it leaves nothing on disk. Raises StateError, or a ClusterError when the API server does not answer.
    """
    files = services.files
    if files is None:
        raise StateError("case files cannot be written here")
    files.check(path, overwrite=overwrite)
    recording, hidden = await redacted(await collect(services, state, files, kept, bounds, told), told)
    told(f"judging what is in it, {len(recording.pieces):,} pieces of evidence")
    diagnosis = await diagnosed(recording, files, services.render)
    told(f"packing {len(recording.pieces):,} pieces of evidence")
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
