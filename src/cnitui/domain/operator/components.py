"""The workloads themselves: datastore, volumes, selectors, annotations, resources, update strategy; convert/core.go."""

from __future__ import annotations

from collections.abc import Iterator

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.operator.assertions import asserted, unclear
from cnitui.domain.operator.network import INSTALL, NODE, plugin_of
from cnitui.domain.operator.observation import mappings, text
from cnitui.domain.operator.parts import Check, Part, Spec, met, mind, refused, written
from cnitui.domain.operator.releases import Release
from cnitui.domain.operator.workload import Workload

_VOLUMES = {
    "lib-modules": "/lib/modules",
    "var-run-calico": "/var/run/calico",
    "var-lib-calico": "/var/lib/calico",
    "xtables-lock": "/run/xtables.lock",
}
_CNI_VOLUMES = {"cni-bin-dir": "/opt/cni/bin", "cni-net-dir": "/etc/cni/net.d"}
_FLEXVOL, _FLEXVOL_HOST = "flexvol-driver", "flexvol-driver-host"
_MIGRATION_LABEL = "projectcalico.org/operator-node-migration"
_OS_LABELS = ("kubernetes.io/os", "beta.kubernetes.io/os")
_KNOWN_ANNOTATIONS = frozenset({
    "deprecated.daemonset.template.generation",
    "deployment.kubernetes.io/revision",
    "scheduler.alpha.kubernetes.io/critical-pod",
})  # fmt: skip
_ADDON = "addonmanager.kubernetes.io/mode"


# --- datastore and directories --------------------------------------------------------------------------------------


def datastore(node: Workload) -> Part:
    """The operator supports the Kubernetes datastore only."""
    about, fix = (
        "datastore",
        "move the data first: Calico's documentation, Migrate from an etcd datastore to Kubernetes",
    )
    kind = node.variable(NODE, "DATASTORE_TYPE")
    names = (text(entry.get("name")) for entry in mappings(as_mapping(node.container(NODE)).get("env")))
    etcd = [name for name in names if name.startswith("ETCD_")]
    if etcd:
        why = "Calico keeps its data in etcd, and the operator supports the Kubernetes datastore only"
        return Part((refused(about, why, ", ".join(etcd), fix),))
    if not kind.known:
        return Part((unclear(about, kind),))
    if kind.given("kubernetes") != "kubernetes":
        why = "the operator supports the Kubernetes datastore only"
        return Part((refused(about, why, kind.quote, fix),))
    return Part((met(about, "Kubernetes", kind.quote),))


def directories(node: Workload) -> Part:
    """Host directories the operator mounts by fixed paths."""
    wanted = _VOLUMES | (_CNI_VOLUMES if plugin_of(node) == "Calico" else {})
    wrong = [
        refused(
            "host directories",
            f"the operator uses {path} and refuses anything else",
            f"volume {name}: {node.host_path(name) or 'none of type hostPath'}",
            f"nodes and runtime have to use {path} first",
        )
        for name, path in wanted.items()
        if node.host_path(name) != path
    ]
    quote = ", ".join(f"{name}: {node.host_path(name)}" for name in wanted)
    checks = (*wrong, *_names(node)) if wrong else (met("host directories", "as expected", quote), *_names(node))
    flexvol, path = _flexvol(node)
    return Part((*checks, flexvol), {"flexVolumePath": path} if path else {})


def _names(node: Workload) -> Iterator[Check]:
    for container, name in ((NODE, "NODENAME"), (INSTALL, "KUBERNETES_NODE_NAME")):
        if not node.field_of_node(container, name):
            found = node.variable(container, name)
            why = "it has to come from spec.nodeName, or be absent"
            yield refused(name, why, found.quote, f"restore the fieldRef on {container}")
    if node.container(INSTALL) is not None:
        yield asserted(node, INSTALL, "CNI_CONF_NAME", "10-calico.conflist")


def _flexvol(node: Workload) -> tuple[Check, str]:
    """FlexVolume is off unless both its volume and its container are there."""
    volume, container = node.volume(_FLEXVOL_HOST), node.container(_FLEXVOL)
    path = node.host_path(_FLEXVOL_HOST)
    if (volume is None) != (container is None) or (volume is not None and not path):
        has = f"volume {_FLEXVOL_HOST}: {path or bool(volume)}, container {_FLEXVOL}: {bool(container)}"
        return refused("FlexVolume", "the volume (a hostPath) and the container go together", has), ""
    if volume is None:
        return met("FlexVolume", "not used, and stays off", f"no volume {_FLEXVOL_HOST}"), "None"
    return met("FlexVolume", "used", f"{_FLEXVOL_HOST}: {path}"), path


# --- scheduling and updates -----------------------------------------------------------------------------------------


def update_strategy(node: Workload) -> Part:
    """The operator replaces pods by RollingUpdate only (pkg/controller/installation/validation.go)."""
    about = "update strategy"
    strategy = as_mapping(as_mapping(node.document.get("spec")).get("updateStrategy"))
    kind = text(strategy.get("type")) or "RollingUpdate"
    if kind != "RollingUpdate":
        fix = "set updateStrategy.type of the DaemonSet to RollingUpdate"
        return Part((refused(about, "the operator replaces pods by RollingUpdate only", kind, fix),))
    rolling = as_mapping(strategy.get("rollingUpdate"))
    kept = {key: rolling[key] for key in ("maxUnavailable",) if key in rolling}
    checks = [met(about, "RollingUpdate", f"maxUnavailable: {rolling.get('maxUnavailable', 1)}")]
    if rolling.get("maxSurge") not in (None, 0, "0", "0%"):
        checks.append(mind(about, "maxSurge is not taken over", f"maxSurge: {rolling['maxSurge']}"))
    spec: dict[str, object] = {"type": kind} | ({"rollingUpdate": kept} if kept else {})
    return Part(tuple(checks), {"nodeUpdateStrategy": spec})


def selectors(node: Workload, controllers: Workload | None, typha: Workload | None, release: Release | None) -> Part:
    """Where pods may run: calico-node and Typha everywhere, the controllers by a selector of their own."""
    checks = [*_placed(node, "calico-node has to run on every Linux node")]
    spec: dict[str, object] = {}
    if typha is not None:
        checks += _placed(typha, "the operator places Typha by itself", affinity=False)
        found, share = _typha_affinity(typha, release)
        checks += found
        spec |= share
    if controllers is not None:
        if controllers.pod.get("affinity"):
            why = "the operator has no affinity for kube-controllers"
            checks.append(refused("node selectors", why, written(controllers.pod["affinity"]), "remove the affinity"))
        own = _own_selectors(controllers)
        spec |= {"controlPlaneNodeSelector": own} if own else {}
    return Part(tuple(checks), spec)


def _placed(owner: Workload, why: str, *, affinity: bool = True) -> Iterator[Check]:
    about, own = "node selectors", _own_selectors(owner)
    if own:
        yield refused(about, why, f"{owner.words}: nodeSelector {written(own)}", "remove the selector")
    elif affinity and owner.pod.get("affinity"):
        yield refused(about, why, f"{owner.words}: affinity {written(owner.pod['affinity'])}", "remove the affinity")
    else:
        yield met(about, why, f"{owner.words}: nodeSelector {written(as_mapping(owner.pod.get('nodeSelector')))}")


def _own_selectors(owner: Workload) -> dict[str, str]:
    selector = as_mapping(owner.pod.get("nodeSelector"))
    kept = {str(key): str(value) for key, value in selector.items() if key != _MIGRATION_LABEL}
    return {key: value for key, value in kept.items() if not (key in _OS_LABELS and value == "linux")}


def _typha_affinity(typha: Workload, release: Release | None) -> tuple[list[Check], Spec]:
    affinity = as_mapping(typha.pod.get("affinity"))
    nodes = as_mapping(affinity.get("nodeAffinity"))
    pods = {key: affinity[key] for key in ("podAffinity", "podAntiAffinity") if affinity.get(key)}
    checks: list[Check] = []
    spec: dict[str, object] = {}
    if nodes.get("requiredDuringSchedulingIgnoredDuringExecution"):
        why = "the operator takes over preferred node affinity of Typha only"
        checks.append(refused("node selectors", why, written(nodes), "remove the required affinity"))
    preferred = "preferredDuringSchedulingIgnoredDuringExecution"
    if nodes.get(preferred):
        spec["typhaAffinity"] = {"nodeAffinity": {preferred: nodes[preferred]}}
    if pods and release is not None and release.minor < 30:
        why = f"operator {release.operator} has no pod affinity for Typha"
        checks.append(refused("node selectors", why, written(pods), "remove the pod affinity"))
    elif pods:
        spec["typhaDeployment"] = {"spec": {"template": {"spec": {"affinity": pods}}}}
    return checks, spec


# --- annotations, resources, metrics --------------------------------------------------------------------------------


def foreign_annotations(owners: tuple[Workload, ...]) -> Part:
    """The operator sets none of its own, so it refuses to lose any; the addon manager would fight it."""
    checks: list[Check] = []
    for owner in owners:
        for where, held in (("", owner.metadata), (" pod template", as_mapping(owner.template.get("metadata")))):
            extra = _unknown_annotations(as_mapping(held.get("annotations")))
            if extra:
                why = "the operator would drop annotations, and refuses to"
                checks.append(refused("annotations", why, f"{owner.words}{where}: {extra}", "remove them"))
        if _ADDON in as_mapping(owner.metadata.get("labels")):
            why = "the addon manager would put back what the operator takes away"
            checks.append(refused("addon manager", why, f"{owner.words}: label {_ADDON}"))
    return Part(tuple(checks) or (met("annotations", "none but Kubernetes' own", ""),))


def _unknown_annotations(held: Document) -> str:
    allowed = {("cluster-autoscaler.kubernetes.io/daemonset-pod", "true")}
    allowed.add(("cluster-autoscaler.kubernetes.io/safe-to-evict", "true"))
    names = (
        str(key)
        for key, value in held.items()
        if key not in _KNOWN_ANNOTATIONS
        and not str(key).startswith("kubectl.kubernetes.io")
        and (key, value) not in allowed
    )
    return ", ".join(sorted(names))


def resources(node: Workload, controllers: Workload | None, typha: Workload | None) -> Part:
    """Requests and limits, in the form that all operator releases take."""
    owners = ((node, NODE, "Node"), (controllers, "calico-kube-controllers", "KubeControllers"))
    listed = []
    for owner, container, name in (*owners, (typha, "calico-typha", "Typha")):
        wanted = as_mapping(as_mapping(owner.container(container) if owner else None).get("resources"))
        kept = {key: wanted[key] for key in ("limits", "requests") if wanted.get(key)}
        if kept:
            listed.append({"componentName": name, "resourceRequirements": kept})
    return Part((), {"componentResources": listed} if listed else {})


def metrics(node: Workload, typha: Workload | None) -> Part:
    """Ports of Prometheus metrics."""
    ports: dict[str, object] = {}
    checks: list[Check] = []
    sources = ((node, NODE, "FELIX", "nodeMetricsPort"), (typha, "calico-typha", "TYPHA", "typhaMetricsPort"))
    for owner, container, prefix, field in sources:
        if owner is None:
            continue
        enabled = owner.variable(container, f"{prefix}_PROMETHEUSMETRICSENABLED")
        port = owner.variable(container, f"{prefix}_PROMETHEUSMETRICSPORT")
        if enabled.given().lower() != "true" or not port.known:
            continue
        number = port.given("9091")
        if number.isascii() and number.isdigit() and 0 < int(number[:6]) < 65536:
            ports[field] = int(number)
        else:
            checks.append(refused("metrics", "a port is from 1 to 65535", port.quote, f"correct {port.name}"))
    return Part(tuple(checks), ports)


def controllers_of(controllers: Workload | None, release: Release | None) -> Part:
    """kube-controllers: the operator runs the node controller, from v1.38 on the load balancer's as well."""
    if controllers is None:
        return Part()
    container = "calico-kube-controllers"
    accepted = ("node",) if release is not None and release.minor < 38 else ("node", "node,loadbalancer")
    return Part((
        asserted(controllers, container, "ENABLED_CONTROLLERS", *accepted),
        asserted(controllers, container, "AUTO_HOST_ENDPOINTS", "disabled"),
    ))  # fmt: skip


def tolerations(node: Workload, controllers: Workload | None, release: Release | None) -> Part:
    """calico-node tolerates everything under the operator; further tolerations of kube-controllers are kept."""
    checks: list[Check] = []
    mine = mappings(node.pod.get("tolerations"))
    wanted = {("NoSchedule", None), ("NoExecute", None)}
    all_kinds = any(not one.get("key") and not one.get("effect") for one in mine)
    if not all_kinds and not wanted <= {(one.get("effect"), one.get("key")) for one in mine}:
        why = "calico-node tolerates every taint under the operator: it comes to nodes it keeps away from now"
        checks.append(mind("tolerations", why, written(mine)))
    extra = [dict(one) for one in mappings(controllers.pod.get("tolerations") if controllers else ()) if _is_own(one)]
    known = release is not None and release.minor >= 23
    return Part(tuple(checks), {"controlPlaneTolerations": extra} if extra and known else {})


def _is_own(toleration: Document) -> bool:
    """Whether the operator does not set it by itself (pkg/render/common/meta TolerateControlPlane)."""
    key = text(toleration.get("key"))
    return key != "CriticalAddonsOnly" and not key.startswith(("node-role.kubernetes.io/", "node.kubernetes.io/"))
