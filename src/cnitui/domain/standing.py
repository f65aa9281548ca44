"""Which nodes fail, which are healthy, and whether that can be told at all."""

from __future__ import annotations

from dataclasses import dataclass

from cnitui.domain.evidence import CaseFile, Observed
from cnitui.domain.facts import CLUSTER_FACTS, DaemonSetStatus, NodeStatus, PodRows, PodStatus
from cnitui.domain.finding import Status
from cnitui.domain.node_verdict import derived
from cnitui.domain.signs import Sign, Signs


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
    """Whether the pod's attempts end in error, or it runs unready and something known was said about it."""
    return pod.failing is not None or _ails(case, pod)


def _ails(case: CaseFile, pod: PodStatus) -> bool:
    """Whether a pod that runs is not ready and something known was said about it; just started is no trouble."""
    if pod.phase == "Pending" or not pod.total or pod.ready >= pod.total:
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
    return not sign.message.normal and sign.speaker != "foreign" and sign.message.kind != "probe"


def _speaks(fact: type[object]) -> bool:
    """Whether a fact is about the incident rather than about the cluster at large."""
    return fact not in CLUSTER_FACTS and fact is not NodeStatus


def _well(status: str, ready: str) -> bool:
    have, _, want = ready.partition("/")
    return status == "Completed" or (status == "Running" and have == want)
