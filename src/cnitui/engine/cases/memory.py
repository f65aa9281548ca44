"""A case that is in no file: what was read at one moment, what it comes to, and the raw answers it rests on."""

from __future__ import annotations

from dataclasses import replace

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile
from cnitui.domain.finding import Diagnosis
from cnitui.domain.recording import Recording
from cnitui.engine.cases.cleaning import redacted
from cnitui.engine.cases.collect import collect
from cnitui.engine.cases.given import placed
from cnitui.engine.services import Services
from cnitui.engine.sitting import judged, sitting
from cnitui.engine.state import State
from cnitui.engine.watching.roster import Roster
from cnitui.errors import StateError
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """Facts and their diagnosis; `recording` has the raw answers, without secrets, where there are any."""

    facts: CaseFile
    diagnosis: Diagnosis
    recording: Recording | None = None


async def read_case(services: Services, wait: float) -> Case:
    """Read a cluster or a case file, for about `wait` seconds at most; raises CnituiErrors."""
    if services.given is not None:
        return given_case(services.given)
    if services.files is None:
        raise StateError("case files cannot be read here")
    state = await sitting(services, wait)
    diagnosis = judged(state, services.clock.now())
    recording, _ = await redacted(await collect(services, _of_read_nodes(state), services.files))
    return Case(state.case, diagnosis, recording)


def given_case(given: CaseFile) -> Case:
    """The case in facts that somebody recorded or pasted."""
    return Case(placed(given), diagnose(given))


def _of_read_nodes(state: State) -> State:
    """The part of it that is about nodes which were read: of many that fail alike those decide, and are few."""
    rows = [row for row in state.rows if row.name in state.kept_nodes]
    pods = tuple(row.pod for row in rows if row.pod is not None)
    return replace(state, roster=Roster.of(pods, tuple(row.node for row in rows if row.node is not None)))
