"""`pods/log`: which attempt is meant, which of its lines, and following it to its end.

Choice and texts follow kubernetes `pkg/kubelet/kubelet_pods.go` validateContainerLogStatus (v1.31); the runtime keeps
one dead attempt, so an earlier one is often gone already.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cnitui.lab.api.errors import ApiError
from cnitui.lab.clock import parse_rfc3339, rfc3339_nano
from cnitui.lab.objects.resources import PODS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cnitui.lab.api.call import Call
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.kubelet.containers import Attempt, Container
    from cnitui.lab.world import World

_TRUE = ("true", "1")


def open_log(world: World, call: Call) -> AsyncIterator[bytes]:
    """The stream of a log; ApiError (400, 404) before anything is sent."""
    pod = world.store.get(PODS, call.namespace, call.name)
    container = _container(world, pod, call.query.get("container", ""))
    attempt = _attempt(pod, container, previous=call.query.get("previous") in _TRUE)
    if attempt is container.last and attempt is not container.current and container.state == "terminated":
        return _gone(attempt)
    return _lines(attempt, call, world.clock.now())


def _container(world: World, pod: Object, name: str) -> Container:
    meta, spec = pod["metadata"], pod["spec"]
    inits = [c["name"] for c in spec.get("initContainers") or []]
    mains = [c["name"] for c in spec["containers"]]
    if not name:
        if len(mains) + len(inits) > 1:
            text = f"a container name must be specified for pod {meta['name']}, choose one of: [{' '.join(mains)}]"
            text += f" or one of the init containers: [{' '.join(inits)}]" if inits else ""
            raise ApiError(400, text)
        name = mains[0]
    if name not in (*inits, *mains):
        raise ApiError(400, f"container {name} is not valid for pod {meta['name']}")
    worker = world.worker(pod)
    container = worker.find(name) if worker else None
    if container is None:
        if not spec.get("nodeName"):
            raise ApiError(400, f"pod {meta['name']} does not have a host assigned")
        raise ApiError(400, f'container "{name}" in pod "{meta["name"]}" is waiting to start: ContainerCreating')
    return container


def _attempt(pod: Object, container: Container, *, previous: bool) -> Attempt:
    name = pod["metadata"]["name"]
    if previous:
        if container.last is None:
            raise ApiError(400, f'previous terminated container "{container.name}" in pod "{name}" not found')
        return container.last
    if container.current is not None:
        return container.current
    raise ApiError(400, f'container "{container.name}" in pod "{name}" is waiting to start: {container.reason}')


async def _gone(attempt: Attempt) -> AsyncIterator[bytes]:
    """What the kubelet writes into the stream, with status 200, when the runtime has removed the container."""
    yield f"unable to retrieve container logs for containerd://{attempt.container_id}".encode()


async def _lines(attempt: Attempt, call: Call, now: datetime) -> AsyncIterator[bytes]:
    query, log = call.query, attempt.log
    stamps = query.get("timestamps") in _TRUE
    budget = int(query["limitBytes"]) if query.get("limitBytes") else None
    since = _since(call, now)
    place = 0
    if since is not None:
        while place < len(log.lines) and log.lines[place][0] < since:
            place += 1
    if query.get("tailLines"):
        place = max(place, len(log.lines) - _whole(query["tailLines"], "tailLines"))
    while True:
        ready = log.lines[place:]
        place += len(ready)
        data = b"".join(_stamped(moment, line) if stamps else line for moment, line in ready)
        if budget is not None:
            data, budget = data[:budget], budget - len(data)
        if data:
            yield data
        if query.get("follow") not in _TRUE or (log.closed and place >= len(log.lines)) or (budget or 1) <= 0:
            return
        if place >= len(log.lines):
            await log.changed()


def _stamped(moment: datetime, line: bytes) -> bytes:
    return rfc3339_nano(moment).encode() + b" " + line


def _since(call: Call, now: datetime) -> datetime | None:
    if seconds := call.query.get("sinceSeconds"):
        if not seconds.isdigit() or int(seconds) < 1:
            raise ApiError(422, 'PodLogOptions "" is invalid: sinceSeconds: Invalid value: must be greater than 0')
        return now - timedelta(seconds=int(seconds))
    if stamp := call.query.get("sinceTime"):
        try:
            return parse_rfc3339(stamp)
        except ValueError as error:
            raise ApiError(400, f'sinceTime: Invalid value: "{stamp}": {error}') from error
    return None


def _whole(text: str, field: str) -> int:
    try:
        number = int(text)
    except ValueError as error:
        raise ApiError(
            400, f'unable to decode "{field}": strconv.ParseInt: parsing "{text}": invalid syntax'
        ) from error
    return max(0, number)
