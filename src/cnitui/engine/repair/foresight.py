"""Whether the tool's own plan against a cause would be made, found out before it is offered.

Such a plan rests on objects that no probe reads: roles and bindings, other programs' pods and what they say. What is
offered first has to be what helps, so they are looked at once a cause with a plan is found. Reads only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from cnitui.domain.evidence import CaseFile
from cnitui.domain.finding import Diagnosis
from cnitui.domain.plan import Plan
from cnitui.domain.remedies import Remedy
from cnitui.domain.remedies.cures import CURES
from cnitui.engine.ports import ClusterApi
from cnitui.engine.repair.situate import situate
from cnitui.errors import CnituiError

NONE_REFUSED: Mapping[str, str] = MappingProxyType({})
NOBODY = "0000"
"""The suffix of a test pod that nobody will make."""


class Foresight:
    """Looks when what was found changes; `refused` has the plans that would not be made, by id, and why."""

    def __init__(self, api: ClusterApi, changed: Callable[[], None]) -> None:
        self._api, self._changed = api, changed
        self._due = asyncio.Event()
        self._matter: object = ()
        self._question: tuple[CaseFile, Diagnosis] | None = None
        self.refused = NONE_REFUSED

    @property
    def looking(self) -> bool:
        """Whether the answer is still to come."""
        return self._question is not None

    def judged(self, case: CaseFile, diagnosis: Diagnosis) -> None:
        """A new diagnosis; only a cause that the tool has a plan against is a question."""
        matter = tuple(
            (found.cause, found.nodes, found.alike, found.judgement.because)
            for found in diagnosis.confident
            if found.cause in CURES
        )
        if matter == self._matter:
            return
        self._matter, self.refused = matter, NONE_REFUSED
        self._question = (case, diagnosis) if matter else None
        if matter:
            self._due.set()

    async def run(self) -> None:
        """Answer the newest question, until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            question = self._question
            if question is None:
                continue
            refused = {cure.id: why for cure in _cures(question[1]) if (why := await self._why_not(cure, *question))}
            if question is self._question:
                self._question, self.refused = None, MappingProxyType(refused)
                self._changed()

    async def _why_not(self, cure: Remedy, case: CaseFile, diagnosis: Diagnosis) -> str:
        """Why its plan would not be made; "" when it would, and when that cannot be told now."""
        try:
            situation = await situate(self._api, case, diagnosis, suffix=NOBODY, chosen=cure)
        except CnituiError:
            return ""
        planned = cure.plan(situation) if cure.plan is not None else None
        return "" if planned is None or isinstance(planned, Plan) else planned.why


def _cures(diagnosis: Diagnosis) -> Iterator[Remedy]:
    yield from {CURES[one.cause].id: CURES[one.cause] for one in diagnosis.confident if one.cause in CURES}.values()
