"""Reads nodes by Jobs: the third way to a node, beside SSH and none (the port NodeShell)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from cnitui.domain.exchange import side_by_side
from cnitui.domain.facts import NodeStatus
from cnitui.domain.node_job import Job, Place, reading_job, sealed
from cnitui.engine.jobs.preview import JobsPreview, clear
from cnitui.engine.jobs.run import Ended, run_job
from cnitui.engine.jobs.script import new_word, outputs_of, script_of
from cnitui.engine.logs.stamps import without_stamps
from cnitui.engine.ports import CommandOutput, NodeCommand
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import NodeError, NodeUnconfirmed, StateError

AT_ONCE, PATIENCE = 8, 5.0
"""Jobs under way at a time, and the seconds after which one does not count any more: a dead node holds up no other."""
HOW_TO_CONFIRM = "Press b to see what would be created and confirm it; in a script: --yes"


class JobShell:
    """Runs commands on the nodes for which somebody gave leave, each batch as one Job."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self._leave: dict[str, Place] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self.under_way = 0
        """Jobs that exist, or are about to."""

    def allows(self, node: str) -> bool:
        """Whether a Job on this node was confirmed."""
        return node in self._leave

    def place(self, node: NodeStatus) -> Place:
        """Where the Jobs on this node are; raises NodeUnconfirmed and NodeError when there are to be none."""
        place = self._leave.get(node.name)
        if sealed(node):
            what = f"{node.name} runs {sealed(node)}, which has no shell"
            raise NodeError(what, "What the API says of the node is all there is", node=node.name)
        if place is None:
            raise NodeUnconfirmed(f"{node.name} is not read before you confirm it", HOW_TO_CONFIRM, node=node.name)
        return place

    async def confirm(self, seen: JobsPreview, confirmation: Confirmation) -> None:
        """Give leave for what was previewed, and remove what an earlier sitting left behind.

        Raises UsageError when the typed name is not the context's or something stands in the way, StateError when no
        audit line can be written.
        """
        seen.require(confirmation.context)
        details = {"context": seen.context, "server": seen.server, "nodes": [place.node for place in seen.places]}
        self.bench.journal.audit("node-access", details)
        await clear(self.bench, seen)
        self._leave |= {place.node: place for place in seen.places}

    async def run(self, node: NodeStatus, commands: Sequence[NodeCommand]) -> tuple[CommandOutput, ...]:
        """All outputs, in order, of one Job; raises NodeUnconfirmed, NodeJobFailed and NodeError."""
        place = self.place(node)
        if not commands:
            return ()
        try:
            return await self._run(place, commands)
        except StateError as error:
            raise NodeError(f"{node.name} is not read: {error.what}", error.next_step, node=node.name) from error

    async def _run(self, place: Place, commands: Sequence[NodeCommand]) -> tuple[CommandOutput, ...]:
        word, groups = new_word(), side_by_side(commands)
        names = ["read" if len(group) > 1 else group[0].name for group in groups]
        scripts = tuple((name, script_of(group, word)) for name, group in zip(names, groups, strict=True))
        ended = await self._paced(reading_job(f"cnitui-node-{secrets.token_hex(4)}", place, scripts))
        said = (without_stamps(ended.said[name]) for name in names)
        read = (outputs_of(group, word, text) for group, text in zip(groups, said, strict=True))
        return tuple(output for group in read for output in group)

    async def _paced(self, job: Job) -> Ended:
        self.under_way += 1
        try:
            return await self._in_turn(job)
        finally:
            self.under_way -= 1

    async def _in_turn(self, job: Job) -> Ended:
        async with self._turns:
            running = asyncio.create_task(run_job(self.bench, job), name=job.ref.name)
            try:
                await asyncio.wait({running}, timeout=PATIENCE)
            except asyncio.CancelledError:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                raise
        return await running

    def by_hand(self, node: NodeStatus) -> str:
        """How a person does the same: a debugging pod on the node, with the node's root at /host."""
        place = self._leave.get(node.name)
        image = place.image if place is not None and place.image else "busybox"
        return f"kubectl debug node/{node.name} -it --profile=sysadmin --image={image} -- chroot /host"

    async def accept_host_key(self, node: NodeStatus, fingerprint: str) -> None:
        """There are no host keys on this way."""

    async def close(self) -> None:
        """Jobs under way are removed by whoever runs them."""
