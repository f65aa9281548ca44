"""A session that sits until everything was read and judged: what the commands and case files wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from cnitui.domain.derive import healthy
from cnitui.domain.diagnosis import ask_waiting, diagnose, waiting_diagnosis
from cnitui.domain.facts import PodStatus
from cnitui.domain.finding import Diagnosis, Waiting
from cnitui.domain.standing import waits
from cnitui.engine.cases.progress import Told, untold
from cnitui.engine.jobs.preview import JobsPreview
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.services import Services
from cnitui.engine.session import Session
from cnitui.engine.state import State
from cnitui.errors import ClusterUnreachable, Forbidden, NodeUnconfirmed, UsageError

Leave = Callable[[JobsPreview], Confirmation]
"""Asks a person about Jobs on nodes; raises CnituiError when they are not to be."""


async def sitting(
    services: Services,
    wait: float,
    *,
    everybody: bool = False,
    leave: Leave | None = None,
    told: Told = untold,
) -> State:
    """The state once the evidence is in, or after `wait` seconds (0: no bound) without what was not read by then.

    Where many nodes fail, a few of each group are read; with `everybody` all of them are waited for. `leave` is asked
    when nodes are to be read by Jobs; what it raises ends the sitting, as does what ended the session: KubeconfigError.
    `told` hears how far reading is.
    """
    session = Session(services, sweeping=everybody, hurried=everybody)
    settled = asyncio.Event()

    def look(state: State) -> None:
        told(_so_far(state))
        read = state.settled and not (everybody and state.progress.left) and not _to_be_read(session, state)
        if (
            (read and not _going_on(state, session.clock.now()))
            or state.fatal is not None
            or state.pods_link.phase == "refused"
        ):
            settled.set()

    session.subscribe(look)
    running = asyncio.create_task(session.run())
    settling = asyncio.create_task(settled.wait())
    try:
        await asyncio.wait({running, settling}, timeout=wait or None, return_when=asyncio.FIRST_COMPLETED)
        if leave is not None and settled.is_set() and not running.done() and await _confirmed(session, leave):
            settled.clear()
            settling = asyncio.create_task(settled.wait())
            await asyncio.wait({running, settling}, timeout=wait or None, return_when=asyncio.FIRST_COMPLETED)
        if not settled.is_set() and not running.done():
            session.give_up(f"it was not read within --wait {wait:g}s")
    finally:
        running.cancel()
        settling.cancel()
        (failure, _) = await asyncio.gather(running, settling, return_exceptions=True)
    if isinstance(failure, Exception):
        raise _first_of(failure)
    return session.state


def _so_far(state: State) -> str:
    """`reading nodes: 3 of 12`; of many nodes the failing ones that nobody looks at are counted too."""
    looks = [look for node, look in state.looks if node]
    read = sum(look.phase != "asking" for look in looks)
    if not looks:
        return f"asking {state.connection.server or 'the API server'} for the calico-node pods"
    progress = state.progress
    if read == len(looks) and progress.left:
        return f"reading nodes: {progress.read + progress.unreadable:,} of {progress.nodes:,} failing ones"
    return f"reading nodes: {read:,} of {len(looks):,}"


def _to_be_read(session: Session, state: State) -> bool:
    """Whether Jobs were confirmed and have not begun."""
    unread = (node for node, look in state.looks if isinstance(look.error, NodeUnconfirmed))
    return session.jobs is not None and any(map(session.jobs.allows, unread))


async def _confirmed(session: Session, leave: Leave) -> bool:
    """Preview the Jobs, if any are due, and have them confirmed."""
    seen = await session.preview_jobs()
    if seen is None:
        return False
    if seen.problems:
        raise UsageError(f"nodes cannot be read by Jobs: {seen.why_not}")
    await session.confirm_jobs(seen, leave(seen))
    return True


def _first_of(failure: Exception) -> Exception:
    """An expected failure out of a group of them."""
    while isinstance(failure, ExceptionGroup):
        failure = failure.exceptions[0]
    return failure


GETS_READY_WITHIN = 60.0
"""Seconds after its start in which calico-node need not be ready: its probes begin late and Felix takes its time."""


def judged(state: State, now: datetime | None = None) -> Diagnosis:
    """What a state comes to; raises the error of one that comes to nothing.

    Pods that may not be listed are undetermined, and so are pods of which none fails but not all are ready.
    """
    error = state.pods_link.error
    if state.fatal is not None:
        raise state.fatal
    if state.diagnosis is None and not isinstance(error, Forbidden):
        raise error or ClusterUnreachable("The calico-node pods could not be listed in time", "Try a longer --wait.")
    diagnosis = state.diagnosis or diagnose(state.case)
    unready = [row.pod for row in state.rows if row.pod is not None and not row.healthy]
    if diagnosis.status != "healthy" or not unready:
        return diagnosis
    waiting = tuple(Waiting(pod.node or pod.name, _why_waiting(pod, now)) for pod in unready)
    return waiting_diagnosis(diagnosis, waiting, [ask_waiting(pod) for pod in unready])


def _why_waiting(pod: PodStatus, now: datetime | None) -> str:
    """`Init:0/3 for 12 s, no attempt has failed yet`."""
    age = f" for {(now - pod.created_at).total_seconds():.0f} s" if now is not None and pod.created_at else ""
    if waits(pod):
        return f"{pod.status}{age}, no attempt has failed yet"
    return f"{pod.status}, {pod.ready} of {pod.total} containers ready{age}"


def _going_on(state: State, now: datetime) -> bool:
    """Whether something is about to fail or to work, while no cause is known: what was seen so far is a moment."""
    if state.diagnosis is None or state.diagnosis.confident or state.recorded is not None:
        return False
    return any(row.pod is not None and row.name not in state.stuck and _young(row.pod, now) for row in state.rows)


def _young(pod: PodStatus, now: datetime) -> bool:
    """Whether the pod has still to start, or began to run so lately that it need not be ready."""
    if waits(pod):
        return True
    starts = [run.started_at for one in pod.containers for run in (one.current,) if run and run.started_at]
    fresh = bool(starts) and (now - max(starts)).total_seconds() < GETS_READY_WITHIN
    return pod.failing is None and not pod.deleting and not healthy(pod) and fresh
