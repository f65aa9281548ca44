"""A session that sits until everything was read and judged: what the commands and case files wait for."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.finding import Diagnosis, Missing
from cnitui.engine.services import Services
from cnitui.engine.session import Session
from cnitui.engine.state import State
from cnitui.errors import ClusterUnreachable, Forbidden


async def sitting(services: Services, wait: float, *, everybody: bool = False) -> State:
    """The state once the evidence is in, or after `wait` seconds (0: no bound) without what was not read by then.

    Where many nodes fail, a few of each group are read; with `everybody` all of them are waited for. Raises what ended
    the session before: KubeconfigError, for one.
    """
    session = Session(services, sweeping=everybody, hurried=everybody)
    settled = asyncio.Event()

    def look(state: State) -> None:
        read = state.settled and not (everybody and state.progress.left)
        if read or state.fatal is not None or state.pods_link.phase == "refused":
            settled.set()

    session.subscribe(look)
    running = asyncio.create_task(session.run())
    settling = asyncio.create_task(settled.wait())
    try:
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


def _first_of(failure: Exception) -> Exception:
    """An expected failure out of a group of them."""
    while isinstance(failure, ExceptionGroup):
        failure = failure.exceptions[0]
    return failure


def judged(state: State) -> Diagnosis:
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
    missing = tuple(Missing(f"readiness of {pod.node or pod.name}", f"the pod is {pod.status}") for pod in unready)
    return replace(diagnosis, status="undetermined", unavailable=(*diagnosis.unavailable, *missing))
