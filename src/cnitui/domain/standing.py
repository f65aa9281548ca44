"""Which nodes fail, which are healthy, and whether that can be told at all."""

from __future__ import annotations

from cnitui.domain.evidence import CaseFile, Observed
from cnitui.domain.facts import (
    CLUSTER_FACTS,
    DaemonSetStatus,
    Event,
    NodeStatus,
    PodEvents,
    PodRows,
    PodStatus,
)
from cnitui.domain.finding import Status
from cnitui.domain.node_verdict import derived
from cnitui.domain.signs import Sign, Signs
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """The status of the whole, and the names of the failing and of the healthy nodes, sorted."""

    status: Status
    failing: tuple[str, ...] = ()
    healthy: tuple[str, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        """Whom to judge: the failing nodes, or "" when something fails and no node could be named."""
        return self.failing or (() if self.status == "healthy" else ("",))


def standing_of(case: CaseFile) -> Standing:
    """The standing of a whole case, looked at from the beginning."""
    pods = [pod for node in case.subjects(PodStatus) if (pod := case.value(PodStatus, node)) is not None]
    if not pods:
        return _without_pods(case)
    failing = {pod.node for pod in pods if fails(case, pod)}
    return standing(case, tuple(sorted(failing)), tuple(sorted({pod.node for pod in pods} - failing)))


def standing(case: CaseFile, failing: tuple[str, ...], healthy: tuple[str, ...]) -> Standing:
    """The standing when it is known of every pod whether it fails."""
    return Standing("failing" if failing or _pods_missing(case) else "healthy", failing, healthy)


def fails(case: CaseFile, pod: PodStatus) -> bool:
    """Whether its attempts end in error, it cannot start, runs unready and something known was said of it, or in vain.

    A pod that the kubelet refused or evicted has failed without any container of it.

    Never by the status word of one moment: that alternates, and a pod that cannot start shows none at all.
    """
    return (
        pod.failing is not None
        or (pod.phase == "Failed" and not pod.deleting)
        or refusal_to_start(case, pod) is not None
        or _ails(case, pod)
        or without_network(pod, case.value(NodeStatus, pod.node))
    )


def without_network(pod: PodStatus, node: NodeStatus | None) -> bool:
    """Whether the node's runtime has no pod network although all of the pod runs: then its work came to nothing."""
    return node is not None and node.without_network and not pod.deleting and _all_ready(pod)


CANNOT_START = frozenset(
    {"FailedCreatePodSandBox", "FailedMount", "FailedAttachVolume", "FailedMapVolume", "NetworkNotReady",
     "FailedPodSandBoxStatus", "FailedSync", "FailedScheduling", "Failed", "InspectFailed", "CreateContainerError"}
)  # fmt: skip
"""Reasons of the kubelet's (and the scheduler's) Warning events about a pod that does not get as far as a container.

Sources: kubernetes `pkg/kubelet/events/event.go`, `pkg/scheduler/scheduler.go` (v1.20 to v1.35)."""


LASTING = 20.0
"""Seconds after its creation from which on one such event is no hitch any more."""


def waits(pod: PodStatus) -> bool:
    """Whether the pod has still to start: no attempt of it has failed, and it does not run yet."""
    return not pod.deleting and pod.failing is None and pod.phase == "Pending" and not _all_ready(pod)


def begins(pod: PodStatus) -> bool:
    """Whether the pod has still to start or to become ready: whether it can, only its events and its log tell."""
    return waits(pod) or pod.unready is not None


def _all_ready(pod: PodStatus) -> bool:
    return pod.total > 0 and pod.ready >= pod.total


def refusal_to_start(case: CaseFile, pod: PodStatus) -> Event | None:
    """The newest event that says why a pod that has still to start cannot; None once a container started after it."""
    if not waits(pod):
        return None
    events = case.value(PodEvents, pod.node)
    told = [event for event in (events.events if events else ()) if _refuses(event, pod)]
    newest = max(told, key=lambda event: event.last_at.timestamp() if event.last_at else 0.0, default=None)
    runs = [run.started_at for one in pod.containers for run in (one.current, one.last) if run and run.started_at]
    if newest is None or (newest.last_at is not None and any(started > newest.last_at for started in runs)):
        return None
    return newest


def _refuses(event: Event, pod: PodStatus) -> bool:
    """Whether it is such an event of this pod, and no hitch of its first seconds: secrets may come a little late."""
    about = event.object.rpartition("/")[2] in ("", pod.name)
    after = (event.last_at - pod.created_at).total_seconds() if event.last_at and pod.created_at else LASTING
    lasting = after >= LASTING or (event.count > 1 and after >= 0)
    return event.kind == "Warning" and event.reason in CANNOT_START and about and lasting


def _ails(case: CaseFile, pod: PodStatus) -> bool:
    """Whether a pod is not ready and something known was said about it; just started is no trouble.

    Of one that has still to start the events tell, where they were read; pasted words have no times to go by.
    """
    if waits(pod):
        if case.reading(PodEvents, pod.node) is not None:
            return False
    elif not pod.total or pod.ready >= pod.total:
        return False
    signs = derived(case.only(pod.node, ""), pod.node).value(Signs, pod.node)
    return signs is not None and any(sign.strength for sign in signs.found)


def _pods_missing(case: CaseFile) -> bool:
    """Whether the DaemonSet wants pods that do not exist: not admitted, or not created."""
    daemonset = case.value(DaemonSetStatus)
    return daemonset is not None and daemonset.desired > daemonset.current


def _without_pods(case: CaseFile) -> Standing:
    rows = case.value(PodRows)
    if rows is not None and rows.rows and all(_well(row.status, row.ready) for row in rows.rows) and _silent(case):
        return Standing("healthy", (), tuple(row.node for row in rows.rows if row.node))
    subjects = {subject for fact, subject, reading in case if isinstance(reading, Observed) and _speaks(fact)}
    if not subjects:
        return Standing("undetermined")
    well = {row.node for row in (rows.rows if rows else ()) if row.node and _well(row.status, row.ready)}
    ill = {row.node for row in (rows.rows if rows else ()) if row.node and not _well(row.status, row.ready)}
    named = tuple(sorted(filter(None, subjects - (well - ill))))
    return Standing("failing", named, tuple(sorted(well - ill)))


def _silent(case: CaseFile) -> bool:
    """Whether nothing was said that tells of trouble: of nobody, or of programs that are none of the pod network's."""
    signs = derived(case, "").value(Signs)
    return signs is None or not any(_tells(sign) for sign in signs.found)


def _tells(sign: Sign) -> bool:
    return not sign.message.normal and sign.speaker != "foreign" and sign.message.level != "probe"


def _speaks(fact: type[object]) -> bool:
    """Whether a fact is about the incident rather than about the cluster at large."""
    return fact not in CLUSTER_FACTS and fact is not NodeStatus


def _well(status: str, ready: str) -> bool:
    have, _, want = ready.partition("/")
    return status == "Completed" or (status == "Running" and have == want)
