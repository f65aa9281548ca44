"""Answers what an agent asks: reads, judges, quotes, explains, previews. Knows no protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from cnitui.domain.explain import explanation
from cnitui.domain.recording import Piece
from cnitui.domain.redaction import Redactor
from cnitui.domain.remedies import REMEDIES, Fits
from cnitui.domain.report import as_data, headline
from cnitui.engine.cases.memory import Case, given_case, read_case
from cnitui.engine.repair.bench import Repair
from cnitui.engine.repair.outlook import Option, Outlook
from cnitui.engine.repair.preview import Preview
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.services import Services
from cnitui.errors import CnituiError, UsageError
from cnitui.gateways.casefile import paste_case
from cnitui.gateways.paste_input import bounded
from cnitui.mcp.words import MOST_CHARACTERS, safe, visible

Open = Callable[[], AbstractAsyncContextManager[Services]]
EXCERPT, PAGE = 1_200, 20_000
"""Characters of a raw answer: its end in a list, and of one that was asked for."""
NOTHING_WRITTEN = "Nothing was changed. A person applies it in cnitui, where it is previewed and confirmed once more."


class Desk:
    """Reads a cluster or a case file when asked for a diagnosis, and answers from what it read until the next one.

    `opens` opens services that cannot write; `wait` is the longest time to read, in seconds.
    """

    def __init__(self, opens: Open, wait: float) -> None:
        self._opens, self._wait = opens, wait
        self._case: Case | None = None
        self._one_at_a_time = asyncio.Lock()

    async def diagnose(self, text: str = "") -> dict[str, Any]:
        """The diagnosis of what is there now, or of pasted text; raises CnituiErrors."""
        if text.strip():
            notes: list[str] = []
            lines = Redactor().text(text, "").encode("utf-8", "replace").splitlines(keepends=True)
            case = given_case(paste_case(bounded(lines, notes.append).decode("utf-8", "replace")))
            return safe({**_told(case), **({"left_out_of_the_text": notes} if notes else {})})
        async with self._one_at_a_time:
            self._case = await self._read()
            return safe(_told(self._case))

    async def evidence(self, node: str = "", cause: str = "", number: int = 0, offset: int = 0) -> dict[str, Any]:
        """What the last diagnosis rests on: of a cause its quotes, of a node (or the cluster) the raw answers."""
        case = await self._known()
        if number:
            return _page(case, number, offset)
        if cause:
            return safe({**_when(case), "verdicts": _of_cause(case, cause)})
        nodes = sorted({piece.node for _, piece in _pieces(case) if piece.node})
        if node and node not in nodes:
            raise UsageError(f"nothing was read of a node {node[:80]!r}", f"There is: {', '.join(nodes[:50])}")
        found = [_excerpt(number, piece) for number, piece in _pieces(case) if piece.node == node]
        return safe({**_when(case), "nodes": nodes, "answers": found})

    def explain(self, name: str = "") -> dict[str, Any]:
        """What is known of a cause or remedy in general; all of them without a name. Raises UsageError."""
        return {"text": explanation(name)}

    async def preview(self, remedy: str = "") -> dict[str, Any]:
        """What a remedy would change, asked of the server by a dry run; without a name which remedies fit, and why."""
        case = await self._known()
        options = Outlook(case.facts, case.diagnosis).options
        if not remedy:
            return safe({**_when(case), "remedies": [_offered(option) for option in options]})
        option = next((one for one in options if one.remedy.id == remedy), None)
        if option is None:
            known = ", ".join(one.id for one in REMEDIES)
            raise UsageError(f"there is no remedy {remedy[:80]!r}", f"There is: {known}")
        async with self._one_at_a_time, self._opens() as services:
            await services.cluster.connect()
            return safe({**_offered(option), **await _previewed(services, case, remedy)})

    async def _known(self) -> Case:
        """What was read last; read now when nothing was."""
        async with self._one_at_a_time:
            self._case = self._case or await self._read()
            return self._case

    async def _read(self) -> Case:
        async with self._opens() as services:
            return await read_case(services, self._wait)


# --- the diagnosis --------------------------------------------------------------------------------------------------


def _told(case: Case) -> dict[str, Any]:
    """The documented diagnosis, with what it is of."""
    return {"headline": headline(case.diagnosis), **_when(case), **as_data(case.diagnosis)}


def _when(case: Case) -> dict[str, Any]:
    """Of which cluster and time."""
    recording = case.recording
    if recording is None:
        return {"read": {"of": "text or a file that somebody made by hand"}}
    return {"read": {"context": recording.context, "server": recording.server, "at": _stamp(recording.at)}}


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


# --- evidence -------------------------------------------------------------------------------------------------------


def _of_cause(case: Case, cause: str) -> list[Mapping[str, object]]:
    causes = as_data(case.diagnosis)["causes"]
    assert isinstance(causes, list)
    found = [one for one in causes if one["id"] == cause]
    if not found:
        explanation(cause)  # raises for an id that is none, and says which was meant
    return found


def _pieces(case: Case) -> Iterable[tuple[int, Piece]]:
    return enumerate(case.recording.pieces if case.recording is not None else (), 1)


def _excerpt(number: int, piece: Piece) -> dict[str, Any]:
    """One raw answer as a row: what was asked, and the end of what came."""
    row: dict[str, Any] = {"number": number, "source": piece.source, "at": _stamp(piece.at)}
    if piece.command:
        row |= {"command": piece.command, "exit_status": piece.status}
    if piece.failure is not None:
        return row | {"not_read": piece.failure.what}
    text = _text(piece)
    return row | {"characters": len(text), "end": text[-EXCERPT:]}


def _page(case: Case, number: int, offset: int) -> dict[str, Any]:
    """A part of one raw answer."""
    piece = dict(_pieces(case)).get(number)
    if piece is None:
        raise UsageError(f"there is no answer number {number}", "The list of a node has the numbers.")
    text = _text(piece)
    part = text[max(0, offset) :][:PAGE]
    more = max(0, offset) + len(part)
    told = {**_when(case), "number": number, "source": piece.source, "node": piece.node, "text": ""}
    following = {"next_offset": more} if more < len(text) else {}
    return {**safe(told), "text": part, "characters": len(text), **following}


def _text(piece: Piece) -> str:
    """What came, to be seen by a person: secrets were taken out when it was read."""
    whole = piece.data + (b"\nstderr: " + piece.errors if piece.errors else b"")
    return visible(whole.decode("utf-8", "replace"))


# --- remedies -------------------------------------------------------------------------------------------------------


def _offered(option: Option) -> dict[str, Any]:
    """A remedy, whether it fits, and what a person would type."""
    remedy, fit = option.remedy, option.fit
    return {
        "remedy": remedy.id,
        "title": remedy.title,
        "fits": option.fits,
        "why": fit.why,
        "reservations": list(fit.reservations) if isinstance(fit, Fits) else [],
        "risk": remedy.risk,
        "touches": remedy.blast_radius,
        "by_hand": [{"words": step.words, "command": step.command} for step in option.steps],
    }


async def _previewed(services: Services, case: Case, remedy: str) -> dict[str, Any]:
    """The remedy planned on the objects as they are now; raises what stood in the way of asking."""
    bench = Workbench(services.cluster, services.journal, services.clock, _rendering(services), readonly=True)
    repair = Repair(bench, lambda: None, services.settings.test_pod_image)
    await repair.choose(remedy, case.facts, case.diagnosis)
    state = repair.state
    if state.error is not None:
        raise state.error
    if state.preview is None:
        return {"plan": None, "why_no_plan": state.no_plan, "written": NOTHING_WRITTEN}
    return {"plan": _planned(state.preview), "written": NOTHING_WRITTEN}


def _rendering(services: Services) -> Callable[[Mapping[str, object]], str]:
    """The text of an object without its secrets: as text of YAML they would not be told from other values."""

    def render(document: Mapping[str, object]) -> str:
        clean = Redactor().document(document, "")
        assert isinstance(clean, dict)
        return services.render(clean)

    return render


def _planned(seen: Preview) -> dict[str, Any]:
    plan = seen.plan
    told: dict[str, Any] = {
        "title": plan.title,
        "context": seen.context,
        "computed_by": "the API server, by a dry run" if seen.by_server else "cnitui; the server was not able to say",
        "diff": "\n".join(seen.diff),
        "warnings": [*seen.warnings, *plan.warnings],
        "in_the_way": [problem.words for problem in seen.problems if problem.kind != "readonly"],
        "restarts": [{"node": pod.node, "pod": pod.pod, "fails_now": pod.failing} for pod in plan.restarts],
        "rollout": plan.rollout,
        "commands": [change.by_hand for change in plan.changes if change.by_hand],
        "undo_by_hand": plan.undo_by_hand,
    }
    return told


def refused(error: CnituiError) -> str:
    """An expected failure in words for an agent."""
    return visible(Redactor().text(str(error), ""))[:MOST_CHARACTERS]
