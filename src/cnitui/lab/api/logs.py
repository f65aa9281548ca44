"""`pods/log`: which attempt is meant, which of its lines, and following it to its end.

Choice and texts follow kubernetes `pkg/kubelet/kubelet_pods.go` validateContainerLogStatus (v1.31); the runtime keeps
one dead attempt, so an earlier one is often gone already.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cnitui.lab.api.errors import ApiError, invalid
from cnitui.lab.api.options import whole
from cnitui.lab.clock import parse_rfc3339, rfc3339_nano
from cnitui.lab.objects.resources import PODS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cnitui.lab.api.call import Call
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.kubelet.containers import Attempt, Container
    from cnitui.lab.world import World

_TRUE = ("true", "1")


def open_log(world: World, call: Call) -> AsyncIterator[bytes] | None:
    """The stream of a log, None for a pod without a node; ApiError (400, 404, 422) before anything is sent."""
    _check_options(call)
    pod = world.store.get(PODS, call.namespace, call.name)
    name = _container_name(pod, call.query.get("container", ""))
    if not pod["spec"].get("nodeName"):
        return None
    container = _container(world, pod, name)
    attempt = _attempt(pod, container, previous=call.query.get("previous") in _TRUE)
    if attempt is container.last and attempt is not container.current and container.state == "terminated":
        return _gone(attempt)
    return _lines(attempt, call, world.clock.now())


def _check_options(call: Call) -> None:
    """kubernetes `pkg/apis/core/validation` ValidatePodLogOptions."""
    causes: list[tuple[str, str]] = []
    for field, least, words in (
        ("sinceSeconds", 1, "greater than 0"),
        ("limitBytes", 1, "greater than 0"),
        ("tailLines", 0, "greater than or equal to 0"),
    ):
        text = call.query.get(field, "")
        if text and (number := whole(text)) < least:
            causes.append((field, f"Invalid value: {number}: must be {words}"))
    if _time(call) is not None and call.query.get("sinceSeconds"):
        causes.append(("[]", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"))
    if causes:
        raise invalid("PodLogOptions", "", call.name, causes)


def _container_name(pod: Object, name: str) -> str:
    """kubernetes `pkg/registry/core/pod/strategy.go` validateContainer: the only main container is meant by no name."""
    mains = [c["name"] for c in pod["spec"]["containers"]]
    every = [*(c["name"] for c in pod["spec"].get("initContainers") or []), *mains]
    if not name and len(mains) == 1:
        return str(mains[0])
    about = f"pod {pod['metadata']['name']}"
    if not name:
        raise ApiError(400, f"a container name must be specified for {about}, choose one of: [{' '.join(every)}]")
    if name not in every:
        raise ApiError(400, f"container {name} is not valid for {about}")
    return name


def _container(world: World, pod: Object, name: str) -> Container:
    worker = world.worker(pod)
    container = worker.find(name) if worker else None
    if container is None:
        about = f'container "{name}" in pod "{pod["metadata"]["name"]}"'
        raise ApiError(400, f"{about} is waiting to start: ContainerCreating")
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
        place = max(place, len(log.lines) - whole(query["tailLines"]))
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
        return now - timedelta(seconds=whole(seconds))
    return _time(call)


def _time(call: Call) -> datetime | None:
    stamp = call.query.get("sinceTime")
    if not stamp:
        return None
    try:
        return parse_rfc3339(stamp)
    except ValueError as error:
        layout = "2006-01-02T15:04:05Z07:00"
        raise ApiError(400, f'parsing time "{stamp}" as "{layout}": cannot parse "{stamp}" as "2006"') from error
