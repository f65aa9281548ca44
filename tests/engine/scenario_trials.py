"""One scenario of the lab looked at in every way there is, and what mends it: for the tests and for the table."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cnitui.compose import open_case
from cnitui.domain.diagnosis import diagnose
from cnitui.domain.finding import Diagnosis
from cnitui.domain.plan import Plan
from cnitui.domain.remedies import Advice, remedy
from cnitui.engine.cases.saving import Saved, save_case
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.outlook import key_of
from cnitui.engine.repair.situate import situate
from cnitui.engine.services import Services
from cnitui.engine.sitting import judged, sitting
from cnitui.engine.state import State
from cnitui.gateways.bundle import read_bundle
from cnitui.gateways.casefile import paste_case
from cnitui.lab import Lab
from cnitui.lab.controllers.daemonset import delete_pod
from cnitui.lab.kubelet.pod_words import pod_words
from cnitui.lab.machine.network import BGP_PORT, TYPHA_PORT
from cnitui.lab.machine.node import Node
from cnitui.lab.objects import calico, calico_extras, rbac
from cnitui.lab.objects import resources as r
from cnitui.lab.scenarios import find
from cnitui.lab.shell.commands import login_shell
from tests.engine.lab_case import WAIT, connected, pasted, still

WHOLE = ("ssh", "pod", "case")
"""Ways in which all is read that can be read."""
WAYS = (*WHOLE, "none", "paste")
PLANS: Mapping[str, frozenset[str]] = {
    "selinux-denial": frozenset({"patch-daemonset", "selinux-type", "relabel"}),
    "selinux-wrong-context": frozenset({"patch-daemonset", "selinux-type", "relabel"}),
    "rbac-forbidden": frozenset({"create-rbac"}),
    "serviceaccount-token": frozenset({"create-rbac"}),
    "kube-proxy-service-vip": frozenset({"restart-kube-proxy"}),
}
"""The plans that may be offered for a cause; for every other cause there is none, only steps by hand."""
CHANGING = frozenset[str]().union(*PLANS.values())


@dataclass(frozen=True)
class Trial:
    """What each way came to; over SSH also the plans on offer, what is to be done first, and the case file."""

    name: str
    found: Mapping[str, Diagnosis]
    offered: tuple[str, ...]
    saved: Saved
    first: str = ""

    @property
    def answers(self) -> tuple[str, ...]:
        """The right cause, and others that are fair."""
        return find(self.name).causes

    def blamed(self, way: str) -> frozenset[str]:
        """The causes that a person would act on."""
        return frozenset(one.cause for one in self.found[way].confident)

    def cell(self, way: str) -> str:
        """One word about one way, for people."""
        diagnosis = self.found[way]
        if diagnosis.status == "healthy":
            return "healthy"
        if not diagnosis.confident:
            return "undetermined, asks" if diagnosis.next_evidence else "UNDETERMINED, ASKS NOTHING"
        first = diagnosis.confident[0]
        wrong = not self.blamed(way) <= set(self.answers)
        return f"{'WRONG: ' * wrong}{first.verdict.value} {first.cause}"


async def tried(name: str, folder: Path) -> Trial:
    """Every way on one lab that stands still, so that all of them see the same."""
    found: dict[str, Diagnosis] = {}
    async with still(name) as lab:
        async with connected(lab, folder) as (opened, settings):
            state = await sitting(opened, WAIT)
            found["ssh"] = judged(state)
            offered, first = await _offered(opened, state), _first(state)
            saved = await save_case(opened, state, folder / "case.tar.gz")
        found["case"] = judged(await sitting(open_case(saved.path, settings), WAIT))
        found["paste"] = diagnose(paste_case(pasted(read_bundle(saved.path))))
        async with connected(lab, folder, node_access="none") as (opened, _):
            found["none"] = judged(await sitting(opened, WAIT))
        async with connected(lab, folder, node_access="pod") as (opened, _):
            found["pod"] = judged(await sitting(opened, WAIT, leave=lambda seen: Confirmation(seen.context)))
    return Trial(name, found, offered, saved, first)


def _first(state: State) -> str:
    """What step 6 ends with and step 7 begins with: a plan, or the words of the first step and its command."""
    entries = state.repair.outlook.entries
    if isinstance(entries[0], Advice) and entries[0].cure is None:
        return f"{entries[0].steps[0].words}\n{entries[0].steps[0].command}"
    return key_of(entries[0])


async def _offered(opened: Services, state: State) -> tuple[str, ...]:
    """The remedies that would be previewed with something to do, of those that change the cluster or a node."""
    assert state.diagnosis is not None
    made: list[str] = []
    for name in sorted(state.repair.outlook.previewable & CHANGING):
        chosen = remedy(name)
        situation = await situate(opened.bench.api, state.case, state.diagnosis, suffix="ab12", chosen=chosen)
        assert chosen.plan is not None
        if isinstance(chosen.plan(situation), Plan):
            made.append(name)
    return tuple(made)


# --- what mends it ----------------------------------------------------------------------------------------------------

Change = Callable[[Lab], None]


@dataclass(frozen=True)
class Cure:
    """What mends a scenario, in words, and what takes it back."""

    words: str
    do: Change
    undo: Change


def _workers(lab: Lab) -> list[Node]:
    return [node for node in lab.world.nodes.values() if not node.control_plane]


def on_workers(words: str, do: Callable[[Node], object], undo: Callable[[Node], object]) -> Cure:
    """A change of each worker or of what is around it."""

    def every(change: Callable[[Node], object]) -> Change:
        def changed(lab: Lab) -> None:
            for node in _workers(lab):
                change(node)

        return changed

    return Cure(words, every(do), every(undo))


def by_command(do: str, undo: str) -> Cure:
    """A command as root on each worker."""

    def every(script: str) -> Change:
        def run(lab: Lab) -> None:
            for node in _workers(lab):
                running = login_shell(lab.world, node, "root", lambda _: None, lambda _: None).run(script)
                with contextlib.suppress(StopIteration):  # nothing in it waits
                    running.send(None)

        return run

    return Cure(do, every(do), every(undo))


def in_template(words: str, edit: Callable[[Any], None]) -> Cure:
    """A change of calico-node's DaemonSet, and the template that was before."""
    before: dict[int, Any] = {}

    def do(lab: Lab) -> None:
        held = lab.world.store.get(r.DAEMON_SETS, "kube-system", "calico-node")
        before[id(lab)] = copy.deepcopy(held["spec"]["template"])

        def change(obj: Any) -> None:
            edit(obj["spec"]["template"]["spec"])

        lab.world.store.modify(r.DAEMON_SETS, "kube-system", "calico-node", change)

    def undo(lab: Lab) -> None:
        def back(obj: Any) -> None:
            obj["spec"]["template"] = before.pop(id(lab))

        lab.world.store.modify(r.DAEMON_SETS, "kube-system", "calico-node", back)

    return Cure(words, do, undo)


def of_object(
    words: str, resource: r.Resource, name: str, do: Callable[[Any], None], undo: Callable[[Any], None]
) -> Cure:
    """A change of one object; without a namespace where its kind has none."""
    where = "kube-system" if resource.namespaced else ""

    def edit(change: Callable[[Any], None]) -> Change:
        return lambda lab: (lab.world.store.modify(resource, where, name, change), None)[1]

    return Cure(words, edit(do), edit(undo))


def applied(words: str, *objects: tuple[r.Resource, Any]) -> Cure:
    """Objects that were missing."""

    def do(lab: Lab) -> None:
        for resource, obj in objects:
            lab.world.store.create(resource, copy.deepcopy(obj))

    def undo(lab: Lab) -> None:
        for resource, obj in objects:
            where = "kube-system" if resource.namespaced else ""
            lab.world.store.delete(resource, where, obj["metadata"]["name"])

    return Cure(words, do, undo)


def of_trust(words: str, attribute: str, value: object) -> Cure:
    """Another state of the API server's certificate or keys."""
    before: dict[int, object] = {}

    def do(lab: Lab) -> None:
        before[id(lab)] = getattr(lab.world.trust, attribute)
        setattr(lab.world.trust, attribute, value)

    def undo(lab: Lab) -> None:
        setattr(lab.world.trust, attribute, before.pop(id(lab)))

    return Cure(words, do, undo)


TRIES = 4


async def healed_and_back(name: str, cure: Cure) -> tuple[bool, bool]:
    """Whether the cure makes every pod run and every node Ready, and whether taking it back breaks it as before."""
    async with Lab.start(name, speed=400, seed=7) as lab:
        before = {node: pod_word(lab, node) for node in lab.world.nodes}
        cure.do(lab)
        await _comes_to(lab, lambda: all(runs(lab, node) for node in lab.world.nodes))
        cure.undo(lab)
        await _comes_to(lab, lambda: all(_as(lab, node, word) for node, word in before.items()))
        return True, True


async def _comes_to(lab: Lab, fact: Callable[[], bool]) -> None:
    """Make new pods until the fact holds: one that was under way when the world changed may be of the world before."""
    for _ in range(TRIES):
        recycle(lab)
        with contextlib.suppress(TimeoutError):
            return await lab.until(fact, within=30)
    raise TimeoutError


def _as(lab: Lab, node: str, word: str) -> bool:
    """Whether the node's pod is in the same trouble."""
    return _trouble(pod_word(lab, node)) == _trouble(word)


def _trouble(word: str) -> str:
    """What a word that alternates with each attempt comes to."""
    if word.startswith("Init:"):
        return "in an init container"
    return word if word.startswith(("Running 1", "no pod")) else "in calico-node"


def recycle(lab: Lab) -> None:
    """New pods, as after `kubectl delete pod -l k8s-app=calico-node`."""
    for label in ("calico-node", "kube-proxy"):
        for pod in lab.world.store.all("pods", "kube-system"):
            if pod["metadata"].get("labels", {}).get("k8s-app") == label:
                delete_pod(lab.world, pod, 0)


def calico_pod(lab: Lab, node: str) -> Any:
    """calico-node's pod there, None where there is none."""
    for pod in lab.world.store.all("pods", "kube-system"):
        if pod["metadata"].get("labels", {}).get("k8s-app") == "calico-node" and pod["spec"].get("nodeName") == node:
            return pod
    return None


def pod_word(lab: Lab, node: str) -> str:
    """kubectl's STATUS and READY of it, and whether its node is Ready."""
    pod, machine = calico_pod(lab, node), lab.world.store.get(r.NODES, "", node)
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in machine["status"]["conditions"])
    if pod is None:
        return "no pod"
    words = pod_words(pod)
    return words.reason if words.reason != "Running" else f"Running {words.ready}/1{'' if ready else ', NotReady'}"


def runs(lab: Lab, node: str) -> bool:
    """Whether all is well there."""
    return pod_word(lab, node) == "Running 1/1"


def _privileged(spec: Any) -> None:
    _init(spec, "install-cni")["securityContext"] = {"privileged": True}


def _init(spec: Any, name: str) -> Any:
    return next(one for one in spec["initContainers"] if one["name"] == name)


def _stock_images(spec: Any) -> None:
    for one in spec["initContainers"]:
        one["image"] = calico.CNI_IMAGE if "/cni:" in one["image"] else one["image"]


def _stock_command(spec: Any) -> None:
    _init(spec, "install-cni")["command"] = ["/opt/cni/bin/install"]


def _no_limit(spec: Any) -> None:
    _init(spec, "install-cni")["resources"] = {}


def _variable(name: str, value: str) -> Callable[[Any], None]:
    def edit(spec: Any) -> None:
        env = spec["containers"][0]["env"]
        env[:] = [*(one for one in env if one["name"] != name), {"name": name, "value": value}]

    return edit


def _label(level: str) -> Callable[[Any], None]:
    def edit(obj: Any) -> None:
        obj["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = level

    return edit


def _template(text: str) -> Callable[[Any], None]:
    def edit(obj: Any) -> None:
        obj["data"] = {**obj["data"], "cni_network_config": text}

    return edit


def _set(path: str, value: object) -> Callable[[Node], None]:
    """Sets `network.endpoint` and the like of a machine."""

    def change(node: Node) -> None:
        *places, last = path.split(".")
        held: object = node
        for place in places:
            held = getattr(held, place)
        setattr(held, last, value)

    return change


def _opt(attribute: str, value: object) -> Callable[[Node], None]:
    return lambda node: setattr(node.files.mount_of("/opt"), attribute, value)


def _held(pid: int) -> Callable[[Node], None]:
    def change(node: Node) -> None:
        held = node.files.get("/opt/cni/bin/calico.tmp") or node.files.file("/opt/cni/bin/calico.tmp", mode=0o755)
        held.busy = pid
        calico_plugin = node.files.get("/opt/cni/bin/calico")
        if pid and calico_plugin is not None:
            node.files.remove(calico_plugin.path)  # else the installer finds it up to date

    return change


def _collected(registry: str) -> Callable[[Node], None]:
    def change(node: Node) -> None:
        node.registry = registry
        node.absent_images |= {"docker.io/calico/cni", "docker.io/calico/node"}

    return change


def _open(port: int) -> Callable[[Node], None]:
    return lambda node: node.network.dropped.discard(port)


def _close(port: int) -> Callable[[Node], None]:
    return lambda node: node.network.dropped.add(port)


def _with_pool(cure: Cure) -> Cure:
    """The same; taking it back takes the pool away that calico-node made."""

    def undo(lab: Lab) -> None:
        for pool in lab.world.store.all(r.IP_POOLS.key):
            lab.world.store.delete(r.IP_POOLS, "", pool["metadata"]["name"])
        cure.undo(lab)

    return Cure(cure.words, cure.do, undo)


def _full(node: Node) -> None:
    """No room, and a plugin gone: what is up to date needs none."""
    node.files.remove("/opt/cni/bin/calico")
    volume = node.files.mount_of("/opt")
    volume.used = volume.size


def _without_rules(node: Node) -> None:
    node.network.rules_written = None
    node.network.flushed = None
    node.network.iptables_works = False


_MOUNTED = "relatime,seclabel,attr2,inode64,logbufs=8,logbsize=32k,noquota"
_RBAC = rbac.objects()
_BROKEN = calico.CONFIG_TEMPLATE.replace('"type": "k8s"', '"type": "k8s",')
PRIVILEGED = in_template("install-cni privileged again", _privileged)
CURES: Mapping[str, Cure] = {
    **dict.fromkeys(
        (
            "selinux-denial",
            "selinux-wrong-context",
            "selinux-usr-t",
            "selinux-categories",
            "selinux-dontaudit",
            "selinux-token",
            "selinux-net-d",
        ),
        PRIVILEGED,
    ),
    "read-only-filesystem": by_command("mount -o remount,rw /opt", "mount -o remount,ro /opt"),
    "permissive-domain": by_command("mount -o remount,rw /opt", "mount -o remount,ro /opt"),
    "immutable-directory": by_command("chattr -i /opt/cni/bin", "chattr +i /opt/cni/bin"),
    "disk-full": on_workers("room on /opt", _opt("used", 1000), _full),
    "disk-inodes": on_workers("inodes on /opt", _opt("inodes_used", 400), _opt("inodes_used", 1_048_576)),
    "noexec-volume": on_workers(
        "/opt without noexec", _opt("options", f"rw,{_MOUNTED}"), _opt("options", f"rw,noexec,{_MOUNTED}")
    ),
    "cni-dir-mismatch": on_workers(
        "conf_dir of containerd",
        _set("cni_conf_dir", "/etc/cni/net.d"),
        _set("cni_conf_dir", "/etc/kubernetes/cni/net.d"),
    ),
    "mount-failure": on_workers(
        "/sys/fs/bpf made",
        lambda node: node.files.directory("/sys/fs/bpf"),
        lambda node: node.files.remove("/sys/fs/bpf"),
    ),
    "text-file-busy": on_workers("the process ended", _held(0), _held(4711)),
    "runtime-failure": on_workers(
        "one cgroup driver", _set("kubelet_cgroups", "systemd"), _set("kubelet_cgroups", "cgroupfs")
    ),
    "apiserver-unreachable": on_workers(
        "TCP 6443 opened", _set("network.endpoint", "ok"), _set("network.endpoint", "timeout")
    ),
    "no-route": on_workers(
        "a default route", _set("network.default_route", value=True), _set("network.default_route", value=False)
    ),
    "network-policy": on_workers(
        "Felix's rules flushed",
        lambda node: node.network.felix_drops.clear(),
        lambda node: node.network.felix_drops.add(6443),
    ),
    "kube-proxy-service-vip": on_workers(
        "another iptables backend", _set("network.iptables_works", value=True), _without_rules
    ),
    "kube-proxy-dead": on_workers(
        "nf_conntrack_max writable",
        _set("network.conntrack_writable", value=True),
        lambda node: (_set("network.conntrack_writable", value=False)(node), _set("network.rules_written", None)(node)),
    ),
    "missing-binding": applied("the ClusterRoleBinding", _RBAC["ClusterRoleBinding/calico-node"]),
    "trimmed-role": of_object(
        "the role's rules",
        r.CLUSTER_ROLES,
        "calico-node",
        lambda obj: obj.update(rules=_RBAC["ClusterRole/calico-node"][1]["rules"]),
        lambda obj: obj.update(rules=[]),
    ),
    "missing-account": applied(
        "the account", (r.SERVICE_ACCOUNTS, {"metadata": {"name": "calico-cni-plugin", "namespace": "kube-system"}})
    ),
    "certificate-expired": of_trust("certificate renewed", "lasts", timedelta(days=365)),
    "certificate-other-ca": of_trust("kube-root-ca.crt published anew", "published_ca", "kubernetes"),
    "certificate-names": of_trust("certificate with the Service's address", "names_service", value=True),
    "token-refused": of_trust("one key for both", "signs_as_it_verifies", value=True),
    "clock-behind": on_workers(
        "clocks set", _set("clock_offset", timedelta()), _set("clock_offset", timedelta(hours=-30))
    ),
    "image-rate-limit": on_workers("the limit is over", _set("registry", "ok"), _collected("rate-limited")),
    "image-offline": on_workers("a way to the registry", _set("registry", "ok"), _collected("timeout")),
    "image-tag": in_template("the tag written right", _stock_images),
    "arch-mismatch": in_template("an image for both platforms", _stock_images),
    "missing-configmap": applied("the ConfigMap", (r.CONFIG_MAPS, calico.config_map())),
    "resource-pressure": in_template("no memory limit", _no_limit),
    "admission-denied": of_object(
        "enforce=privileged", r.NAMESPACES, "kube-system", _label("privileged"), _label("baseline")
    ),
    "version-incompatibility": in_template("the program of v3.27", _stock_command),
    "ip-autodetection": in_template("another method", _variable("IP_AUTODETECTION_METHOD", "kubernetes-internal-ip")),
    "ip-nat-address": in_template("another method", _variable("IP_AUTODETECTION_METHOD", "kubernetes-internal-ip")),
    "ip-pool-config": _with_pool(in_template("the cluster's pool", _variable("CALICO_IPV4POOL_CIDR", calico.POOL))),
    "missing-crds": _with_pool(applied("the CRDs", *((r.CRDS, crd) for crd in calico_extras.crds()))),
    "bad-cni-config": of_object(
        "the comma taken out", r.CONFIG_MAPS, "calico-config", _template(calico.CONFIG_TEMPLATE), _template(_BROKEN)
    ),
    "bgp-not-ready": on_workers("TCP 179 opened", _open(BGP_PORT), _close(BGP_PORT)),
    "typha-unreachable": on_workers("TCP 5473 opened", _open(TYPHA_PORT), _close(TYPHA_PORT)),
    "kernel-dataplane": on_workers("modules of ipset", _set("ip_sets", value=True), _set("ip_sets", value=False)),
}
