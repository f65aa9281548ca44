"""restart-kube-proxy: the kube-proxy pod of a node whose rules are gone, deleted, so that a new one writes them all.

kube-proxy writes every rule when it starts; afterwards only what changes, for since v1.28 the iptables mode syncs in
full once an hour at most (kubernetes pkg/proxy/iptables/proxier.go). Rules that somebody else flushed stay away that
long. Where kube-proxy itself says that it cannot write rules, or does not stay up, a new one would fare no better.

A kube-proxy that may not set nf_conntrack_max ends before it writes a rule: so it is where the node is a container or
has another network namespace than the machine's first one (kubernetes-sigs/kind#2240). It sets nothing where
`conntrack.maxPerCore` is 0 (cmd/kube-proxy/app/server_linux.go, getConntrackMax), and the kernel's own size stays. That
is everybody's configuration, so a person changes it; the commands are given.
"""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType

from cnitui.domain.listing import listed
from cnitui.domain.plan import Access, DoesNotFit, Expectation, Plan, PodRestart, Step
from cnitui.domain.remedies import probe_pod
from cnitui.domain.remedies.base import Fit, Fits, Planned, Remedy, command
from cnitui.domain.remedies.confinement import restart_of
from cnitui.domain.remedies.situation import Beside, Situation

ID = "restart-kube-proxy"
CAUSE = "kube-proxy-service-vip"
NAMESPACE, SELECTOR, CONTAINER = "kube-system", "k8s-app=kube-proxy", "kube-proxy"
"""As kubeadm, kops, kubespray and most others run it; k3s and RKE2 do not (RKE2: a static pod)."""
MOST = 20
"""Nodes of one plan: each new kube-proxy lists all Services, and a mistake should not be everywhere at once."""

_CANNOT_WRITE = re.compile(
    r"Failed to (?:ensure|execute iptables|delete stale|create)|iptables-restore.{0,80}(?:fail|exit status)|"
    r"Could not fetch rule set|can't use the .{1,20} proxier|Sync failed|Error syncing|unable to initialise table"
)
_CONNTRACK = re.compile(r"nf_conntrack_\w{1,20}: (?:permission denied|read-only file system)")
_STAMP = re.compile(r"^\d{4}-\d{2}-\d{2}T\S{1,40} ", re.MULTILINE)
"""What the API puts before each line of a log."""
_WANTED = re.compile(r"nfConntrackMax=(\d{1,10})")
_CONFIGURATION = ("kubectl", "-n", NAMESPACE, "get", "configmap", "kube-proxy", "-o", "yaml")


def _nodes(situation: Situation) -> tuple[str, ...]:
    found = [one for one in situation.diagnosis.confident if one.cause == CAUSE]
    return tuple(dict.fromkeys(node for one in found for node in (*one.nodes, *one.alike)))


def _beside(situation: Situation) -> tuple[Beside, ...]:
    return tuple(Beside(node, NAMESPACE, SELECTOR, CONTAINER) for node in _nodes(situation)[:MOST])


def _fit(situation: Situation) -> Fit:
    nodes = _nodes(situation)
    if not nodes:
        return DoesNotFit(ID, "the API server's Service address is translated")
    return Fits(ID, f"a new kube-proxy writes all rules of {listed(nodes)} again, unless it says it cannot")


def _plan(situation: Situation) -> Planned:
    nodes = _nodes(situation)
    if not nodes:
        return DoesNotFit(ID, "the API server's Service address is translated")
    refused = {node: _why_not(situation, node) for node in nodes[:MOST]}
    chosen = [node for node, why in refused.items() if not why]
    if not chosen:
        return DoesNotFit(ID, next(iter(refused.values())))
    deletes = tuple(pod for node in chosen for pod in _pods_of(situation, node))
    test_pod = probe_pod.choose(situation)
    return Plan(
        remedy=ID,
        title=f"Restart kube-proxy on {listed(chosen)}",
        cause=CAUSE,
        changes=(),
        deletes=deletes,
        restarts=deletes,
        access=(*_access(situation), *(probe_pod.accesses(test_pod) if test_pod else ())),
        expectations=(
            Expectation("pods", f"calico-node is Running on {listed(chosen)}"),
            Expectation("test-pod", "a test pod on a repaired node gets an address and runs"),
        ),
        test_pod=test_pod,
        warnings=_warnings(nodes, refused),
        rollout=(
            "On each node kube-proxy's pod is deleted first, by its UID; once its successor is Running the failing "
            "calico-node pod is deleted as well, so that its back-off ends. Connections that exist stay."
        ),
        no_undo="the deleted pods are replaced by new ones, which is what was wanted",
        facts=MappingProxyType({"daemonset": f"{situation.namespace}/{situation.daemonset_name}"}),
    )


def _why_not(situation: Situation, node: str) -> str:
    """Why a new kube-proxy would not help on a node, "" when it may."""
    found = situation.beside.get(node)
    if found is None:
        return f"no pod {SELECTOR} was found on {node}: kube-proxy runs otherwise there, or something replaces it"
    pod, said = found[0], _STAMP.sub("", found[1])
    if not pod.owner.startswith("DaemonSet/"):
        return f"{pod.name} on {node} belongs to {pod.owner or 'nobody'}, which would not replace it"
    complaint = next((line for line in reversed(said.splitlines()) if _CANNOT_WRITE.search(line)), "")
    if complaint:
        return f"kube-proxy on {node} says that it cannot write its rules, and a new one could not: {complaint[:300]}"
    if pod.failing is not None:
        last = next((line for line in reversed(said.splitlines()) if line.strip()), "it says nothing")
        return f"kube-proxy on {node} does not stay up, and a new one would not either: {last[:300]}"
    return ""


def _pods_of(situation: Situation, node: str) -> tuple[PodRestart, ...]:
    proxy, _ = situation.beside[node]
    first = replace(restart_of(proxy), namespace=proxy.namespace, awaited=True)
    return (first, *(restart_of(pod) for pod in situation.failing if pod.node == node))


def _warnings(nodes: tuple[str, ...], refused: dict[str, str]) -> tuple[str, ...]:
    left = len(nodes) - len(refused)
    more = (f"{left:,} more nodes have the same fault: do these first, then look again",) if left else ()
    return (*(why for why in refused.values() if why), *more)


def _access(situation: Situation) -> tuple[Access, ...]:
    places = dict.fromkeys((NAMESPACE, situation.namespace))
    return tuple(Access("delete", "", "pods", place) for place in places)


def _steps(situation: Situation) -> tuple[Step, ...]:
    planned = _plan(situation)
    if not isinstance(planned, Plan):
        return (Step(planned.why[:1].upper() + planned.why[1:]), *_without_conntrack(situation))
    return tuple(_deleting(pod, situation) for pod in planned.deletes)


def _without_conntrack(situation: Situation) -> tuple[Step, ...]:
    """What helps where the size of the connection table is what kube-proxy ends on, and how it is taken back."""
    said = {node: words for node, (_, words) in situation.beside.items() if _CONNTRACK.search(words)}
    if not said:
        return ()
    wanted = next((found[1] for words in said.values() if (found := _WANTED.search(words))), "131072")
    again = tuple(
        Step(f"Let kube-proxy on {node} start anew with it", " ".join((*_DELETE, f"spec.nodeName={node}")))
        for node in said
    )
    return (
        Step("Let kube-proxy leave the size of the connection table alone, on all nodes", _sized("0")),
        *again,
        Step(
            "Or give the table that size where kube-proxy may not: on the machine below, if the node is a container",
            f"sysctl -w net.netfilter.nf_conntrack_max={wanted}",
        ),
        Step("To take the configuration back, and delete the same pods again", _sized("null")),
    )


_DELETE = ("kubectl", "-n", NAMESPACE, "delete", "pod", "-l", SELECTOR, "--field-selector")


def _sized(value: str) -> str:
    """kubeadm's ConfigMap with another `maxPerCore`; the server refuses it if somebody changed it meanwhile."""
    return f"{' '.join(_CONFIGURATION)} | sed 's/maxPerCore: [a-z0-9]*/maxPerCore: {value}/' | kubectl replace -f -"


def _deleting(pod: PodRestart, situation: Situation) -> Step:
    where = pod.namespace or situation.namespace
    return Step(f"Delete {pod.pod} on {pod.node}", command("kubectl", "-n", where, "delete", "pod", pod.pod))


REMEDY = Remedy(
    id=ID,
    guide="",
    title="Restart kube-proxy on the nodes whose rules are gone",
    summary="Deletes kube-proxy's pod on each node, waits for its successor, then lets calico-node try again at once.",
    trade_offs=(
        "Rewrites all Service rules of the node; existing connections are tracked by the kernel and stay.",
        "Service addresses that are new or changed meanwhile wait some seconds.",
        "Does not help where kube-proxy itself cannot write rules or does not stay up; its log is read first.",
    ),
    risk="low: one pod per node, replaced by its DaemonSet",
    blast_radius="kube-proxy and the failing calico-node pod of each named node",
    undo="",
    fit=_fit,
    steps=_steps,
    plan=_plan,
    neighbours=_beside,
)
