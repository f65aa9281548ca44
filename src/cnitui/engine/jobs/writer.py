"""Changes nodes by Jobs: the way to a node that takes orders, where nodes are read by Jobs (the port NodeWriter)."""

from __future__ import annotations

import secrets

from cnitui.domain.facts import NodeStatus
from cnitui.domain.node_job import Place, accesses, writing_job
from cnitui.domain.plan import Access
from cnitui.engine.jobs.run import run_job
from cnitui.engine.jobs.script import answered_of, new_word, script_of
from cnitui.engine.jobs.shell import JobShell
from cnitui.engine.logs.stamps import without_stamps
from cnitui.engine.ports import Carried, NodeOrder
from cnitui.errors import NodeError, NodeJobFailed, StateError

STEP_SECONDS = 120


class JobWriter:
    """Carries out each order as one Job, on nodes that were confirmed for reading; the order is the leave to change."""

    means = "by a privileged Job on each node, with the node's root mounted"

    def __init__(self, shell: JobShell) -> None:
        self._shell = shell

    def accesses(self, namespace: str) -> tuple[Access, ...]:
        """What Jobs take."""
        return accesses(namespace)

    async def write(self, node: NodeStatus, order: NodeOrder) -> Carried:
        """Run the order's commands, once; raises a NodeError when nothing was done."""
        try:
            return await self._written(self._shell.place(node), order)
        except NodeJobFailed as error:
            if not error.begun:
                raise
            return Carried((), error.what)
        except StateError as error:
            raise NodeError(f"{node.name}: {error.what}", error.next_step, node=node.name) from error

    async def _written(self, place: Place, order: NodeOrder) -> Carried:
        word = new_word()
        script = script_of(order.commands, word, STEP_SECONDS, until_failure=True)
        job = writing_job(f"cnitui-relabel-{secrets.token_hex(4)}", place, script)
        ended = await run_job(self._shell.bench, job)
        text = without_stamps(next(iter(ended.said.values())))
        outputs = answered_of(order.commands, word, text)
        complete = len(outputs) == len(order.commands) or (outputs and outputs[-1].status != 0)
        return Carried(outputs, "" if complete else "the Job ended before this command did")
