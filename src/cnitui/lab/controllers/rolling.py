"""One turn of a DaemonSet's rolling update: which pods it deletes, and on which nodes it starts one beside the old.

After kubernetes `pkg/controller/daemon/update.go` (`rollingUpdate`) and `daemon_controller.go` (`podsShouldBeOnNode`),
v1.35.4. Older releases differ in one thing, which the world's version decides: from v1.21 on, until pull request 123233
corrected it (v1.31.0, and v1.30.6, v1.29.10 and v1.28.15 by cherry-pick), old pods that are not available were deleted
without using up maxUnavailable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnitui.lab.jsontypes import Object

HASH = "controller-revision-hash"


@dataclass
class Turn:
    """What one turn does: `start` names nodes that get a second pod."""

    delete: list[Object] = field(default_factory=list)
    start: list[str] = field(default_factory=list)


def turn(daemon_set: Object, digest: str, pods: Mapping[str, list[Object]], nodes: int, version: str) -> Turn:
    """The turn for these pods by node; `nodes` is how many should have one."""
    if spare := surge(daemon_set, nodes):
        return _surging(digest, pods, spare)
    return _replacing(digest, pods, _rolling(daemon_set, "maxUnavailable", nodes) or 1, _counts_old(version))


def surge(daemon_set: Object, nodes: int) -> int:
    """How many pods may be there twice."""
    return _rolling(daemon_set, "maxSurge", nodes)


def surplus(alive: list[Object], digest: str) -> list[Object]:
    """While surging: all but the oldest new pod and, as long as it is ready and the new one is not, the oldest old."""
    new, old = _split(alive, digest)
    kept = [*new[:1], *old[:1]]
    if new and old and (available(new[0]) or not available(old[0])):
        kept = new[:1]
    return [pod for pod in alive if pod not in kept]


def is_new(pod: Object, digest: str) -> bool:
    """Whether it has the present template."""
    return bool(pod["metadata"]["labels"].get(HASH) == digest)


def available(pod: Object) -> bool:
    """Ready, as minReadySeconds is 0."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _replacing(digest: str, pods: Mapping[str, list[Object]], limit: int, counts_old: bool) -> Turn:
    found, unavailable = Turn(), 0
    candidates: list[Object] = []
    for held in pods.values():
        new, old = _split(held, digest)
        if bool(new) == bool(old) or len(new) + len(old) > 1:
            unavailable += 1  # none, or too many: the other half of the controller sees to it
        elif new:
            unavailable += not available(new[0])
        elif available(old[0]):
            candidates.append(old[0])
        else:
            found.delete.append(old[0])
            unavailable += counts_old
    found.delete += candidates[: max(0, limit - unavailable)]
    return found


def _surging(digest: str, pods: Mapping[str, list[Object]], spare: int) -> Turn:
    found, twice = Turn(), 0
    candidates: list[str] = []
    for name, held in pods.items():
        new, old = _split(held, digest)
        if len(new) > 1 or len(old) > 1:
            twice += 1
        elif new and old:
            twice += not available(new[0])
            found.delete += old if available(new[0]) else []
        elif old:
            (candidates if available(old[0]) else found.start).append(name)
    found.start += candidates[: max(0, spare - twice)]
    return found


def _split(held: list[Object], digest: str) -> tuple[list[Object], list[Object]]:
    alive = [pod for pod in held if not pod["metadata"].get("deletionTimestamp")]
    return [pod for pod in alive if is_new(pod, digest)], [pod for pod in alive if not is_new(pod, digest)]


def _rolling(daemon_set: Object, name: str, nodes: int) -> int:
    """A number, or a percentage of the nodes rounded up; 0 without it."""
    value = (daemon_set["spec"]["updateStrategy"].get("rollingUpdate") or {}).get(name, 0)
    return -(-nodes * int(value.rstrip("%")) // 100) if isinstance(value, str) else int(value)


def _counts_old(version: str) -> bool:
    """Whether old pods that are not available use up maxUnavailable in that release, `v1.31.0`."""
    major, minor, patch = (int(part) for part in version.removeprefix("v").partition("+")[0].split(".")[:3])
    corrected = {28: 15, 29: 10, 30: 6}.get(minor, 0 if minor > 30 else None)
    return major != 1 or minor < 21 or (corrected is not None and patch >= corrected)
