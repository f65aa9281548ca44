"""What makes nodes fail alike, as far as the API's lists show it: no extra request is needed to tell.

Two nodes of one likeness need not have one cause. That they look alike only says that reading a few of them first is a
good bet; each is judged on its own readings.
"""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache

from cnitui.domain.facts import ContainerStatus, NodeStatus, PodStatus
from cnitui.late_dataclass import dataclass

POOL_LABELS = (
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "karpenter.sh/nodepool",
    "kops.k8s.io/instancegroup",
    "node.cluster.x-k8s.io/pool",
    "doks.digitalocean.com/node-pool",
    "oke.oraclecloud.com/pool.name",
    "node-pool",
    "nodepool",
    "pool",
)
"""Node labels that name a node's pool, by the documentation of who sets them; the first that is there counts."""

LONGEST_WORDS = 160
_OWN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{12,64}\b|\d+")


@dataclass(frozen=True, slots=True)
class Likeness:
    """The container that fails, how, from which template and image, on what kind of node.

    `ending` is `exit 1`, `signal 9` or the kubelet's reason; `words` are the last words that the status itself holds,
    without what is each pod's own (names, numbers, ids).
    """

    container: str
    ending: str
    words: str = ""
    image: str = ""
    revision: str = ""
    os_image: str = ""
    kernel: str = ""
    runtime: str = ""
    role: str = ""
    pool: str = ""

    @property
    def failure(self) -> str:
        """How it fails, for people: `install-cni exit 1`."""
        return f"{self.container} {self.ending}".strip()


@dataclass(frozen=True, slots=True)
class Cohort:
    """Nodes that fail alike and, as far as they were read, for the same causes; "group" on the screens.

    `members` are all of them, sorted; `agreeing` those that were read and agree, `unclear` those that could not be read
    well enough to tell. Members in neither were not read. `causes` are the ids that the agreeing ones blame.
    `apart_from` is the id of the cohort that these nodes look like and, once read, turned out not to belong to.
    `proven` tells that an experiment on one of them confirmed the causes.
    """

    id: str
    likeness: Likeness
    members: tuple[str, ...]
    agreeing: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    apart_from: str = ""
    proven: bool = False

    def spoken_for(self, causes: Container[str]) -> tuple[str, ...]:
        """The members whose traces tell too little, for which an experiment on another one speaks, of these causes."""
        return self.unclear if self.proven and any(cause in causes for cause in self.causes) else ()

    @property
    def read(self) -> int:
        """How many members were read, well enough or not."""
        return len(self.agreeing) + len(self.unclear)


def likeness_of(pod: PodStatus, node: NodeStatus | None) -> Likeness | None:
    """How a failing pod and its node look; None for a pod that does not fail."""
    failing = pod.failing
    return _likeness(pod, node, failing, ending_of(failing), _words(pod, failing)) if failing is not None else None


def unready_likeness(pod: PodStatus, node: NodeStatus | None) -> Likeness | None:
    """How a pod looks that cannot start, does not become ready, or runs in vain; None when all is as it should be.

    One that cannot start fails in none of its containers.
    """
    if pod.phase == "Pending" and pod.containers:
        return _likeness(pod, node, ContainerStatus("", init=True), "cannot start", "")
    unready = next((one for one in pod.containers if not one.init and not one.ready), None)
    if unready is not None:
        return _likeness(pod, node, unready, "runs unready", "")
    lost = node is not None and node.without_network and bool(pod.containers)
    return (
        _likeness(pod, node, ContainerStatus("", init=False), "runs, its node has no pod network", "") if lost else None
    )


def _likeness(pod: PodStatus, node: NodeStatus | None, container: ContainerStatus, ending: str, words: str) -> Likeness:
    spec = pod.spec(container.name)
    return _shared(
        Likeness(
            container=container.name,
            ending=ending,
            words=words,
            image=spec.image if spec else container.image,
            revision=pod.revision or pod.template_generation,
            os_image=node.os_image if node else "",
            kernel=node.kernel if node else "",
            runtime=node.runtime if node else "",
            role=("control plane" if node.control_plane else "worker") if node else "",
            pool=pool_of(node) if node else "",
        )
    )


@lru_cache(4096)
def _shared(likeness: Likeness) -> Likeness:
    """One object for all that are equal: thousands of nodes have a handful of likenesses."""
    return likeness


def ending_of(container: ContainerStatus) -> str:
    """How the container's attempts end: the same while its status alternates between error, back-off and running."""
    failure = container.last_failure
    if failure is None:
        reason = container.waiting_reason
        return "image cannot be pulled" if "Image" in reason else reason or "failed before"
    if failure.signal:
        return f"signal {failure.signal}"
    reason = "" if failure.reason in ("", "Error") else f" {failure.reason}"
    return f"exit {failure.exit_code}{reason}"


def _words(pod: PodStatus, failing: ContainerStatus) -> str:
    failure = failing.last_failure
    if failure is None and "Image" in failing.waiting_reason:
        return ""  # the message alternates with the reason: ErrImagePull, ImagePullBackOff
    said = failure.message if failure is not None else failing.waiting_message
    last = said.strip().rpartition("\n")[2][-LONGEST_WORDS:]
    for own in filter(None, (pod.name, pod.uid, pod.node)):
        last = last.replace(own, "…")
    return _OWN.sub("#", last)


def pool_of(node: NodeStatus) -> str:
    """The name of the pool that a node belongs to; "" when no known label tells."""
    return next((node.labels[label] for label in POOL_LABELS if node.labels.get(label)), "")
