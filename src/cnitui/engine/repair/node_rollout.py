"""Carries out a plan of nodes: one node first, verified by a new attempt there, then the others a few at a time.

Order on disk, per node: that it is begun, the audit line, and only then its commands; whatever ends the process in
between, `undo` finds which nodes may have been changed and what they were like. It stops at the first node that is not
where it should be. An undo goes on instead: a node that cannot be reached must not keep the others as they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from cnitui.domain.facts import NodeStatus, PodStatus
from cnitui.domain.identity import Among
from cnitui.domain.plan import NodeChange, PodRestart
from cnitui.domain.relabelling import LabelState, Unread
from cnitui.engine.ports import Carried, NodeShell, NodeWriter
from cnitui.engine.probes.label_state import read_label_state
from cnitui.engine.repair.apply import (
    NodeWritten,
    Progress,
    Recorded,
    Unrecorded,
    apply,
    delete_pod,
    note,
    record,
)
from cnitui.engine.repair.leave import SAME_MACHINE, Confirmation, Leave
from cnitui.engine.repair.node_book import NodeBook
from cnitui.engine.repair.node_documents import DONE, FAILED, PARTIAL, UNKNOWN, state_document
from cnitui.engine.repair.preview import Preview
from cnitui.engine.repair.rollout import PATIENCE, Patience, selector_of
from cnitui.engine.repair.workbench import APPLIED, CANCELLED, Workbench, target_of
from cnitui.errors import ClusterError, CnituiError, NodeError, StateError
from cnitui.late_dataclass import dataclass

BATCH = 3
"""Nodes at a time, once the first one has shown that it helps."""
STOPPED = "you stopped it"
LOOK_EVERY = 0.5
SAID = 300
"""Characters of what a command said that are passed on."""


def carry_out(
    bench: Workbench,
    preview: Preview,
    confirmation: Confirmation,
    patience: Patience = PATIENCE,
    halt: asyncio.Event | None = None,
) -> AsyncGenerator[Progress, None]:
    """Apply the previewed plan, whatever it changes; raises what `apply` and `change_nodes` raise.

    Once `halt` is set, no further node is begun; what is written to an object at once has nothing to halt.
    """
    if preview.plan.nodes:
        return change_nodes(bench, preview, confirmation, patience, halt)
    return apply(bench, preview, confirmation, patience)


async def change_nodes(
    bench: Workbench,
    preview: Preview,
    confirmation: Confirmation,
    patience: Patience = PATIENCE,
    halt: asyncio.Event | None = None,
) -> AsyncGenerator[Progress, None]:
    """Carry out the changes of all nodes as they were previewed.

    Raises what `Leave` raises, StateError (no audit line, no write) and the ClusterErrors of looking first.
    """
    leave = Leave(bench, preview, confirmation)
    if bench.shell is None or bench.writer is None:
        raise CnituiError("There is no way to change nodes here", "Start with --node-access ssh or pod.")
    daemonset = await bench.api.get(target_of(preview.plan))
    status = {node.name: node for node in await bench.api.nodes()}
    undoing = "undoes" in preview.plan.facts
    book = NodeBook(bench, preview, "are as they were before" if undoing else "installed the CNI")
    before = {change.node: state_document(change.before) for change in preview.plan.nodes}
    path = record(bench, preview, confirmation, before, "change nodes")
    book.open()
    yield Recorded(preview.plan_id, path)
    halt = halt or asyncio.Event()
    selector = selector_of(daemonset)
    hand = _Hand(bench, bench.shell, bench.writer, leave, book, patience, selector, halt, status.values)
    outcome = CANCELLED
    try:
        async with aclosing(_batches(hand, status, undoing=undoing)) as steps:
            async for step in steps:
                yield step
        end = book.outcome
        outcome = end if end != "stopped" else CANCELLED
        if end == "done" and PARTIAL not in preview.plan.facts:
            for unrecorded in note(bench, preview, APPLIED):
                yield unrecorded
        yield replace(book.rollout(), outcome=end)
    finally:
        note(bench, preview, outcome)


def batches(changes: Sequence[NodeChange]) -> Iterator[tuple[NodeChange, ...]]:
    """The first alone, then a few at a time."""
    yield tuple(changes[:1])
    for start in range(1, len(changes), BATCH):
        yield tuple(changes[start : start + BATCH])


@dataclass(frozen=True, slots=True)
class _Hand:
    """What changing one node takes."""

    bench: Workbench
    shell: NodeShell
    writer: NodeWriter
    leave: Leave
    book: NodeBook
    patience: Patience
    selector: str
    halt: asyncio.Event
    among: Among


async def _batches(hand: _Hand, status: dict[str, NodeStatus], *, undoing: bool) -> AsyncGenerator[Progress, None]:
    yield hand.book.rollout()
    for batch in batches(hand.leave.preview.plan.nodes):
        if hand.halt.is_set():
            hand.book.stop(STOPPED)
            return
        async with aclosing(_side_by_side(hand, batch, status)) as steps:
            async for step in steps:
                yield step
        failed = hand.book.failed()
        if failed and not undoing:
            hand.book.stop(f"it stopped after {', '.join(failed)}")
            return


async def _side_by_side(
    hand: _Hand, batch: Sequence[NodeChange], status: dict[str, NodeStatus]
) -> AsyncGenerator[Progress, None]:
    """The nodes of one batch at once; ends when all of them have."""
    told: asyncio.Queue[Progress | None] = asyncio.Queue()
    tasks = [
        asyncio.create_task(_node(hand, change, status.get(change.node, NodeStatus(change.node)), told))
        for change in batch
    ]
    ending = asyncio.create_task(_end(tasks, told))
    try:
        while (step := await told.get()) is not None:
            yield step
        await ending
    finally:
        for task in (*tasks, ending):
            task.cancel()
        await asyncio.gather(*tasks, ending, return_exceptions=True)


async def _end(tasks: Sequence[asyncio.Task[None]], told: asyncio.Queue[Progress | None]) -> None:
    try:
        await asyncio.gather(*tasks)
    finally:
        told.put_nowait(None)


async def _node(hand: _Hand, change: NodeChange, status: NodeStatus, told: asyncio.Queue[Progress | None]) -> None:
    """One node from its guard to its new attempt; all that goes wrong is told."""
    written = await _written(hand, change, status, told)
    told.put_nowait(written)
    error = None if written.state == "" else hand.book.end(change.node, written.state, written.words)
    if error is not None:
        told.put_nowait(Unrecorded(error))
    if written.state == DONE and change.pod is not None:
        await _attempt(hand, change.node, change.pod, told)
    else:
        hand.book.show(change.node, "ready" if written.state == DONE else "failing", written.words)
    told.put_nowait(hand.book.rollout())


async def _written(
    hand: _Hand, change: NodeChange, status: NodeStatus, told: asyncio.Queue[Progress | None]
) -> NodeWritten:
    """Guard, journal, commands; a node of which nothing was done has the state ""."""
    now = await read_label_state(hand.shell, status, tuple(change.before.labels), hand.among)
    if isinstance(now, Unread):
        return NodeWritten(change.node, "", f"nothing was done: {now.why}")
    if now != change.before:
        return NodeWritten(
            change.node, "", f"nothing was done: it is not as it was previewed: {_difference(change, now)}"
        )
    try:
        hand.book.begin(change)
    except StateError as error:
        return NodeWritten(change.node, "", f"nothing was done, because it cannot be recorded: {error}")
    hand.book.show(change.node, "writing", f"running {_count(len(change.steps))}")
    told.put_nowait(hand.book.rollout())
    try:
        carried = await hand.writer.write(status, hand.leave.order(change))
    except NodeError as error:
        return NodeWritten(change.node, FAILED, f"nothing was done: {error}")
    return _outcome(change, carried)


def _difference(change: NodeChange, now: LabelState) -> str:
    before = change.before
    if now.machine != before.machine:
        return f"its machine-id is {now.machine or 'not told'}, it was {before.machine or 'not told'}"
    if now.doubt != before.doubt and now.doubt:
        return now.doubt
    return next((line for line in now.lines if line not in before.lines), "a local rule is gone")


def _outcome(change: NodeChange, carried: Carried) -> NodeWritten:
    """How far it got, exactly."""
    if carried.failed is not None and carried.failed.name == SAME_MACHINE:
        words = f"/etc/machine-id is not {change.before.machine} any more: another machine answered"
        return NodeWritten(change.node, FAILED, f"nothing was done: {words}")
    carried = replace(carried, outputs=tuple(one for one in carried.outputs if one.name != SAME_MACHINE))
    lines, ended = [step.line for step in change.steps], len(carried.outputs)
    if carried.failed is not None:
        said = _plain(f"{carried.failed.stderr} {carried.failed.stdout}")
        words = f"{lines[ended - 1]} ended with status {carried.failed.status}" + (f": {said}" if said else "")
        return NodeWritten(change.node, FAILED, f"{_done(ended - 1, lines)}; {words}")
    if ended < len(lines):
        why = _plain(carried.lost)
        return NodeWritten(
            change.node, UNKNOWN, f"{_done(ended, lines)}; not known whether {lines[ended]} was run: {why}"
        )
    return NodeWritten(change.node, DONE, f"{_count(ended)} done")


def _plain(text: str) -> str:
    """What a node said, on one line, bounded, and without what would move a cursor."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[: SAID * 4]).split())[:SAID]


def _count(commands: int) -> str:
    return f"{commands} command{'s' if commands != 1 else ''}"


def _done(count: int, lines: Sequence[str]) -> str:
    return f"{count} of {len(lines)} commands done" if count else "no command is known to be done"


# --- the new attempt ------------------------------------------------------------------------------------------------


async def _attempt(hand: _Hand, node: str, old: PodRestart, told: asyncio.Queue[Progress | None]) -> None:
    """Start the failing pod afresh and wait for its container to succeed there."""
    deleted = await delete_pod(hand.bench, hand.leave.preview, old)
    told.put_nowait(deleted)
    if deleted.error is not None:
        hand.book.show(
            node, "failing", f"relabelled, but the failing pod could not be deleted: {deleted.error}", old.pod
        )
        return
    container = hand.leave.preview.plan.facts.get("container", "")
    deadline = hand.bench.clock.now().timestamp() + hand.patience.stall
    words = f"relabelled; {old.pod} is being replaced"
    while hand.bench.clock.now().timestamp() < deadline and not hand.halt.is_set():
        hand.book.show(node, "starting", words, old.pod)
        told.put_nowait(hand.book.rollout())
        try:
            pod = await _new_pod(hand, node, old)
        except ClusterError as error:
            words = f"relabelled; asking again: {error}"
        else:
            if pod is not None and _ended(hand, node, pod, container):
                return
            words = f"relabelled; waiting for {container} on a new attempt" + (f", {pod.status}" if pod else "")
        await hand.bench.clock.sleep(LOOK_EVERY)
    if hand.halt.is_set():
        hand.book.show(node, "starting", f"{words}; not waited for: {STOPPED}", old.pod)
    else:
        hand.book.show(node, "failing", f"{words}, and nothing came of it in {hand.patience.stall:g} s", old.pod)


async def _new_pod(hand: _Hand, node: str, old: PodRestart) -> PodStatus | None:
    namespace = target_of(hand.leave.preview.plan).namespace
    pods = await hand.bench.api.pods(namespace, hand.selector, f"spec.nodeName={node}")
    return next((pod for pod in pods if pod.node == node and pod.uid != old.uid and not pod.deleting), None)


def _ended(hand: _Hand, node: str, pod: PodStatus, container: str) -> bool:
    """Whether the new attempt has come to an end, which is then shown."""
    status = pod.container(container)
    if status is None:
        return False
    if status.succeeded or status.ready:
        hand.book.show(node, "ready", f"{container} succeeded on a new attempt", pod.name)
        return True
    failure = status.last_failure
    if failure is None:
        return False
    why = f"{container} still fails (exit code {failure.exit_code}); the labels are not the cause, or not the only one"
    hand.book.show(node, "failing", f"relabelled, but {why}", pod.name)
    return True
