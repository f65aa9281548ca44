"""One plan from its confirmation to its report: seen before, applied, verified, told. The session hands this over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

from cnitui.domain.evidence import Reading, Source, Unavailable
from cnitui.domain.facts import CniFiles, NodeStatus, PodStatus
from cnitui.domain.investigation import Investigation
from cnitui.domain.recording import KeptLog
from cnitui.engine.cases.witness import Witness
from cnitui.engine.judging.book import Book
from cnitui.engine.probes.cluster import probe_pod
from cnitui.engine.probes.node import probe_node
from cnitui.engine.reading.subjects import node_request
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.bench import Repair
from cnitui.engine.repair.workbench import ACCOUNT
from cnitui.engine.reports.account import account_of, as_document
from cnitui.engine.services import Services
from cnitui.engine.state import Before, State
from cnitui.errors import StateError
from cnitui.late_dataclass import dataclass

MOST_REPAIRED = 50
"""Repaired nodes whose new attempts are read."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node and the calico-node pod that is on it now."""

    node: NodeStatus
    pod: PodStatus


class Applying:
    """Remembers the nodes that were repaired and how they were before.

    `place` answers what is on a node now, `now` all that is known.
    """

    def __init__(
        self,
        services: Services,
        repair: Repair,
        book: Book,
        wake: Callable[[], None],
        place: Callable[[str], Place | None],
        now: Callable[[], State],
    ) -> None:
        self._services, self._repair, self._book = services, repair, book
        self._wake, self._place, self._now = wake, place, now
        self._repaired: tuple[str, ...] = ()
        self._witness: Witness | None = None
        self._recalled: Before | None = None

    @property
    def before(self) -> Before | None:
        """How things were before the plan of this sitting, once that is written; else before that of an earlier one."""
        before, applied = self._witness.before if self._witness else None, self._repair.state.applied
        return before if before is not None and applied is not None else self._recalled

    def remember(self, before: Before) -> None:
        """An earlier sitting kept this; what this one does itself counts more."""
        self._recalled = before
        self._wake()

    async def go_on(self, kept: Investigation) -> None:
        """Take over what an earlier sitting considered and did; its plan may be verified from here."""
        await self._repair.go_on(kept)
        applied = self._repair.state.applied
        restarts = applied.plan.restarts if applied is not None else ()
        self._repaired = tuple(pod.node for pod in restarts if pod.failing)

    async def apply(
        self, confirmation: Confirmation, logs: tuple[KeptLog, ...], look_again: Callable[[], None]
    ) -> None:
        """Apply what is previewed, look at everything anew and verify; an undo is not verified."""
        state = self._now()
        if state.repair.undoing:
            await self._repair.apply(confirmation)
            look_again()
            return
        seen = state.repair.preview
        nodes = tuple(change.node for change in seen.plan.nodes) if seen is not None else ()
        self._repaired = nodes or tuple(pod.node for pod in state.failing)
        self._witness, done = Witness(self._services, state, logs), False
        try:
            done = await self._repair.apply(confirmation, self._witness)
        finally:
            self._keep_account()
        look_again()
        if self._repair.state.phase == "applied" and (done or not nodes):
            await self.verify()

    async def verify(self) -> None:
        """The guide's four checks on the repaired nodes; the report that is kept tells of them."""
        read = self.read_files if self._services.shell is not None else None
        try:
            await self._repair.verify(self._repaired, self._now().reference, read)
            await self._read_repaired()
        finally:
            self._keep_account()

    async def read_files(self, node: str) -> Reading[CniFiles]:
        """What is in a node's CNI directories now."""
        shell, place = self._services.shell, self._place(node)
        if shell is None or place is None:
            return Unavailable("nodes are not read", Source(f"ssh {node}", node))
        request = node_request(place.pod, None)
        readings = await probe_node(shell, place.node, request, self._services.clock, lambda: self._now().nodes)
        self._book.take(readings)
        self._wake()
        found = next((reading for fact, _, reading in readings if fact is CniFiles), None)
        unasked = Unavailable("the node did not say", Source(f"ssh {node}", node))
        return cast("Reading[CniFiles]", found or unasked)

    async def _read_repaired(self) -> None:
        """Read the attempts that ended the incident: the logs of pods that do not fail are read for nobody else."""
        places = [place for node in self._repaired[:MOST_REPAIRED] if (place := self._place(node)) is not None]
        services = self._services
        read = await asyncio.gather(*(probe_pod(services.cluster, place.pod, services.clock) for place in places))
        self._book.take(tuple(reading for readings in read for reading in readings))
        self._wake()

    def _keep_account(self) -> None:
        """Keep the report of this sitting beside the plan, as far as it goes."""
        state, witness = self._now(), self._witness
        if witness is None or state.before is None or state.before is not witness.before:
            return
        with contextlib.suppress(StateError):
            document = as_document(account_of(state, self._services.clock.now()))
            self._services.journal.keep(state.before.plan_id, ACCOUNT, document)
