"""What the DaemonSet controller does with a new template: which pods it replaces at once, and which wait.

After kubernetes `pkg/controller/daemon/update.go` (`rollingUpdate`) and `daemon_controller.go` (`podsShouldBeOnNode`):

- Without surge, every old pod that is not available is deleted at once, and of the available ones as many as
  maxUnavailable still allows. Nodes without a pod and new pods that are not available always use up that allowance.
- Old pods that are not available use it up as well, or do not, depending on the release. They did up to v1.20
  (`getUnavailableNumbers` counted them) and do not since v1.21 (kubernetes pull request 96441 added surge and lost it).
  They do again in v1.31.0 (pull request 123233, CHANGELOG-1.31) and in the releases after it was cherry-picked:
  v1.30.6, v1.29.10 and v1.28.15 (127774, 127775, 127776). v1.35.4 is as v1.31.
- With surge (maxSurge above 0) a new pod is started beside each old one that is not available at once, and beside
  maxSurge available ones. An available old pod is deleted when its successor is available, another one at once.
- Percentages are of the nodes that should have a pod, rounded up; 0 for both means maxUnavailable 1
  (`util/daemonset_util.go`, `updatedDesiredNodeCounts`).

The version asked for is the API server's; kube-controller-manager may be one minor release older for a while.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from cnitui.domain.facts import DaemonSetStatus, PodStatus
from cnitui.late_dataclass import dataclass

_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})")
_COUNTED_UNTIL = (1, 21, 0)
_COUNTED_SINCE = (1, 31, 0)
_PICKED = {(1, 30): 6, (1, 29): 10, (1, 28): 15}


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a new template does to the pods.

    `unavailable` and `available` are the nodes of the pods that are so now. `together` is how many available pods are
    taken away at the same time as the unavailable ones, None when the server's version does not tell; then it is one
    of the two `possible` numbers (the one where unavailable pods count first). `limit` is how many pods may be away
    at once, `surge` beside how many available pods a new one starts; one of the two is 0.
    """

    unavailable: tuple[str, ...]
    available: tuple[str, ...]
    possible: tuple[int, int]
    counted: bool | None
    limit: int
    surge: int

    @property
    def together(self) -> int | None:
        """How many available pods restart in the first round."""
        if self.counted is None:
            return self.possible[0] if self.possible[0] == self.possible[1] else None
        return self.possible[0] if self.counted else self.possible[1]


def counts_unavailable(version: str) -> bool | None:
    """Whether old pods that are not available use up maxUnavailable; None when the version cannot be read."""
    found = _VERSION.match(version)
    if found is None:
        return None
    major, minor, patch = map(int, found.groups())
    if (major, minor) in _PICKED:
        return patch >= _PICKED[(major, minor)]
    return not _COUNTED_UNTIL <= (major, minor, patch) < _COUNTED_SINCE


def forecast(
    status: DaemonSetStatus, pods: Sequence[PodStatus], version: str, renewed: Collection[str] = ()
) -> Forecast:
    """What the controller of a server of that version does with these pods.

    All have an old template but those whose uids are in `renewed`.
    """
    staying = [pod for pod in pods if pod.node and not pod.deleting]
    old = [pod for pod in staying if pod.uid not in renewed]
    available = tuple(pod.node for pod in old if is_available(pod))
    unavailable = tuple(pod.node for pod in old if not is_available(pod))
    nodes = max(status.desired, len({pod.node for pod in pods if pod.node}))
    used = nodes - len({pod.node for pod in old} | {pod.node for pod in staying if is_available(pod)})
    surge = scaled(status.max_surge, nodes)
    limit = 0 if surge else scaled(status.max_unavailable, nodes) or 1
    possible = (_left(limit, used + len(unavailable), available), _left(limit, used, available))
    return Forecast(unavailable, available, possible, counts_unavailable(version), limit, surge)


def is_available(pod: PodStatus) -> bool:
    """Whether the controller takes the pod for available: it is Ready (minReadySeconds is not looked at)."""
    ready = pod.conditions.get("Ready")
    return pod.failing is None and pod.total > 0 and pod.ready == pod.total if ready is None else ready == "True"


def scaled(value: str, nodes: int) -> int:
    """A number, or a percentage of the nodes rounded up; 0 for anything else."""
    number = value.removesuffix("%")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return 0
    return -(-nodes * int(number) // 100) if value.endswith("%") else int(number)


def _left(limit: int, used: int, available: Sequence[str]) -> int:
    return max(0, min(limit - used, len(available)))
