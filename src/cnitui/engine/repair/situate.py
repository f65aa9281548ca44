"""Reads what remedies need beyond the case: the DaemonSet itself, its namespace, images on a node. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import NodeStatus, PodStatus
from cnitui.domain.finding import Diagnosis
from cnitui.domain.owners import Owner
from cnitui.domain.plan import ObjectRef, Plan
from cnitui.domain.relabelling import why_not
from cnitui.domain.remedies import probe_pod
from cnitui.domain.remedies.base import Remedy
from cnitui.domain.remedies.relabel_plan import directories_of
from cnitui.domain.remedies.situation import Beside, Situation
from cnitui.domain.remedies.template import at, daemonset_ref
from cnitui.engine.ports import ClusterApi, LogRequest
from cnitui.engine.probes.label_state import read_labels
from cnitui.engine.repair.workbench import Workbench, target_of
from cnitui.errors import ClusterError, NotFound

LAST_LINES = 50
"""Of a neighbour's log."""
ENFORCE = "pod-security.kubernetes.io/enforce"


async def situate(
    api: ClusterApi,
    case: CaseFile,
    diagnosis: Diagnosis,
    *,
    suffix: str,
    test_pod_image: str = "",
    chosen: Remedy | None = None,
) -> Situation:
    """The situation as it is now; `suffix` (four hex digits) makes the test pod's name unique.

    `chosen` is the remedy that it is for: what its plan rests on is looked at as well.

    What may not be read stays unknown in it; only the DaemonSet's own error is raised, since no plan can be made then.
    """
    bare = Situation(case, diagnosis, suffix=suffix, test_pod_image=test_pod_image)
    if bare.daemonset is None:
        return bare
    observed = await api.get(daemonset_ref(bare.namespace, bare.daemonset_name))
    level = await pod_security(api, bare.namespace)
    node = probe_pod.node_for(bare)
    images = {node: await _images(api, node)} if node else {}
    more = await _more_owners(api, bare)
    sources = {owner.words: await _read(api, owner.reference) for owner in (*bare.owners, *more)}
    found = Situation(
        case,
        diagnosis,
        observed,
        level,
        images,
        suffix,
        test_pod_image,
        server_version=api.connection.version,
        owner_sources={words: source for words, source in sources.items() if source},
        more_owners=more,
    )
    if chosen is None:
        return found
    beside = {one.node: await _beside(api, one) for one in chosen.neighbours(found)}
    return replace(
        found,
        seen=dict([pair for ref in chosen.looks(found) for pair in await _seen(api, ref)]),
        beside={node: pod for node, pod in beside.items() if pod is not None},
    )


async def _seen(api: ClusterApi, ref: ObjectRef) -> tuple[tuple[ObjectRef, Document | None], ...]:
    """An object, or that it is not there; nothing when it may not be read."""
    try:
        return ((ref, await api.get(ref)),)
    except NotFound:
        return ((ref, None),)
    except ClusterError:
        return ()


async def _beside(api: ClusterApi, wanted: Beside) -> tuple[PodStatus, str] | None:
    """Another program's pod on a node, and the end of its log ("" when that may not be read)."""
    try:
        pods = await api.pods(wanted.namespace, wanted.selector, f"spec.nodeName={wanted.node}")
    except ClusterError:
        return None
    pod = next((pod for pod in pods if not pod.deleting), None)
    if pod is None:
        return None
    try:
        log = await api.read_log(LogRequest(pod.namespace, pod.name, wanted.container, tail=LAST_LINES))
    except ClusterError:
        return pod, ""
    return pod, log.decode(errors="replace")


async def _more_owners(api: ClusterApi, situation: Situation) -> tuple[Owner, ...]:
    """kubespray, which with Kubernetes as datastore leaves its name in the ConfigMap calico-config only."""
    if situation.owners:
        return ()
    config = await _read(api, ObjectRef("", "v1", "configmaps", "ConfigMap", "calico-config", situation.namespace))
    cluster_type = at(config, ("data", "cluster_type"))
    return (Owner("kubespray"),) if isinstance(cluster_type, str) and cluster_type.startswith("kubespray") else ()


async def _read(api: ClusterApi, ref: ObjectRef | None) -> Document:
    """An object that may be missing or refused; empty then."""
    try:
        return await api.get(ref) if ref is not None else {}
    except ClusterError:
        return {}


async def with_labels(bench: Workbench, situation: Situation, nodes: Sequence[str]) -> Situation:
    """The situation with how these nodes label their CNI directories; unchanged where nodes are left alone.

    Raises the ClusterErrors of listing the nodes.
    """
    directories = directories_of(situation)
    if bench.shell is None or (bench.may_write and bench.writer is None) or any(map(why_not, directories)):
        return situation
    known = {node.name: node for node in await bench.api.nodes()}
    wanted = [known.get(name, NodeStatus(name)) for name in nodes]
    return replace(situation, labels=await read_labels(bench.shell, wanted, directories, known.values))


def by_way_of(bench: Workbench, plan: Plan) -> Plan:
    """A plan of nodes, with how they are reached and what that takes."""
    if bench.writer is None or not plan.nodes:
        return plan
    namespace = target_of(plan).namespace
    access = dict.fromkeys((*plan.access, *bench.writer.accesses(namespace)))
    words = f"the commands are run {bench.writer.means}"
    return replace(plan, access=tuple(access), warnings=(words, *plan.warnings))


async def pod_security(api: ClusterApi, namespace: str) -> str | None:
    """The enforced Pod Security level of a namespace, "" without one; None when it may not be read."""
    try:
        found = await api.get(ObjectRef("", "v1", "namespaces", "Namespace", namespace))
    except ClusterError:
        return None
    return str(as_mapping(at(found, ("metadata", "labels"))).get(ENFORCE, ""))


async def _images(api: ClusterApi, node: str) -> tuple[str, ...]:
    """Names of the images a node says it has (the kubelet lists fifty at most)."""
    try:
        found = await api.get(ObjectRef("", "v1", "nodes", "Node", node))
    except ClusterError:
        return ()
    images = at(found, ("status", "images"))
    listed = images if isinstance(images, Sequence) and not isinstance(images, str) else ()
    return tuple(name for image in listed for name in _names(as_mapping(image)))


def _names(image: Document) -> tuple[str, ...]:
    names = image.get("names")
    return tuple(str(name) for name in names) if isinstance(names, list) else ()
