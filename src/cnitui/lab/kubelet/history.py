"""What happened before the lab started: pods that have run, or crash-looped, for hours.

A pod lives through its first minutes in a replay. If it loops by then, the hours that follow are reckoned instead of
run, and the last attempt is replayed again, so that the state at the start is what a live lab would have come to.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cnitui.lab.kubelet.backoff import MAXIMUM, Backoff, waits
from cnitui.lab.kubelet.containers import Attempt, Container, new_container_id
from cnitui.lab.kubelet.timeline import Timeline

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.kubelet.pod_worker import PodWorker
    from cnitui.lab.machine.audit import AuditEvent
    from cnitui.lab.world import World

FIRST_MINUTES = timedelta(seconds=100)
"""Enough for two attempts of thirty seconds and the back-off between them: whether a pod loops is known by then."""
LAST_MINUTES = timedelta(minutes=10)
"""Of what runs well: enough for its log to have recent lines."""


def settle(world: World, pod: Object, born: datetime, next_attempt: float) -> PodWorker | None:
    """Brings a pod created at `born` to the present; a looping one tries again in `next_attempt` simulated seconds."""
    timeline = Timeline(world.clock, born)
    worker = world.adopt(pod, timeline)
    if worker is None:
        return None
    now = world.clock.now()
    timeline.replay(min(born + FIRST_MINUTES, now))
    looping = next((c for c in worker.containers if c.restarts and c.state != "terminated"), None)
    looping = looping or next((c for c in worker.containers if c.restarts), None)
    if now - born > 2 * FIRST_MINUTES:
        if looping is not None:
            _skip_ahead(world, worker, looping, born, now, next_attempt)
        else:
            timeline.jump(now - LAST_MINUTES)
    timeline.replay(now)
    timeline.join()
    worker.publish()
    return worker


def _skip_ahead(
    world: World, worker: PodWorker, container: Container, born: datetime, now: datetime, next_attempt: float
) -> None:
    ended = container.current if container.current and container.current.finished else container.last
    assert ended is not None
    assert ended.finished is not None
    duration = (ended.finished - ended.started).total_seconds()
    started = now + timedelta(seconds=next_attempt - MAXIMUM - duration - 1.2)
    starts = _starts(world, born, started, duration)
    restarts = len(starts)
    worker.forget_timers()
    latest = worker.node.audit.latest
    began = worker.node.local(ended.started)
    earlier = [_template(latest, began)] if latest and latest.time >= began else []
    if earlier:
        kept = array("d", (at for at in starts[container.restarts + 1 :] if at > FIRST_MINUTES.total_seconds()))
        first = worker.node.local(born)
        worker.node.audit.defer(
            lambda: [_at(event, offset, first + timedelta(seconds=at)) for at in kept for event, offset in earlier]
        )
    before = born + timedelta(seconds=starts[-1])
    _tell(worker, container, restarts, before)
    previous = Attempt(new_container_id(world.rng.getrandbits(256)), worker.node.pid(), ended.label, before)
    previous.finished, previous.exit_code = before + timedelta(seconds=duration), ended.exit_code
    previous.reason, previous.message, previous.clock_offset = ended.reason, ended.message, ended.clock_offset
    previous.log.close()
    container.current, container.restarts = previous, restarts - 1
    worker.backoffs[container.name] = Backoff(MAXIMUM, started)
    worker.timeline.jump(started)
    worker.launch(container)


def _starts(world: World, born: datetime, last: datetime, duration: float) -> list[float]:
    """When the attempts before the one at `last` began, in seconds since the pod was made: thousands of numbers."""
    end = (last - born).total_seconds() - MAXIMUM
    moment, found = 3.0, []
    for wait in waits(10_000):
        found.append(moment)
        moment += duration + wait + world.rng.uniform(4, 22)
        if moment > end:
            break
    found[-1] = end - duration - 2
    return found


def _template(event: AuditEvent, started: datetime) -> tuple[AuditEvent, timedelta]:
    return event, max(timedelta(seconds=0.5), min(timedelta(seconds=1.3), event.time - started))


def _at(event: AuditEvent, offset: timedelta, moment: datetime) -> AuditEvent:
    pid = event.pid + int(moment.timestamp()) % 900_000
    time = moment + offset
    time = time.replace(microsecond=time.microsecond // 1000 * 1000)
    return replace(event, time=time, pid=pid, ppid=pid - 12)


def _tell(worker: PodWorker, container: Container, restarts: int, last: datetime) -> None:
    """The counts that the kubelet's events have come to: each start, and BackOff as its spam filter lets through."""
    image, attempt = container.spec["image"], container.current or container.last
    started = attempt is None or attempt.reason != "StartError"
    told = (
        ("Normal", "Pulled", f'Container image "{image}" already present on machine'),
        ("Normal", "Created", f"Created container {container.name}"),
        *((("Normal", "Started", f"Started container {container.name}"),) if started else ()),
    )
    for kind, reason, message in told:
        worker.record(kind, reason, message, container, time=last, count=restarts - container.restarts - 1)
    text = f"Back-off restarting failed container {container.name} in pod {worker.full_name}"
    worker.record("Warning", "BackOff", text, container, time=last + timedelta(seconds=20), count=restarts + 12)
