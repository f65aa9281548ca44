"""The simulated cluster as a whole: machines, objects, and the rules that tie them.

Nothing here says whether a pod fails. install-cni's outcome follows from its own security context and from its node:
SELinux mode, runtime labelling, labels, mounts, space, and the way to the API server.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnitui.lab.kubelet.agent import not_ready
from cnitui.lab.kubelet.pod_worker import PodWorker
from cnitui.lab.kubelet.timeline import Timeline
from cnitui.lab.machine.selinux import context
from cnitui.lab.objects.events import Recorder
from cnitui.lab.objects.node_objects import edit_conditions, set_network_available, set_ready
from cnitui.lab.objects.resources import PODS
from cnitui.lab.objects.store import Change, Store

if TYPE_CHECKING:
    from datetime import datetime

    from cnitui.lab.clock import Clock
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.machine.node import Node
    from cnitui.lab.objects.trust import Trust

KUBERNETES = "v1.31.0"
"""The release of a lab that asks for no other."""
CNI_NOT_READY = (
    "network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)


@dataclass
class World:
    """One cluster; everything random comes from `rng`."""

    clock: Clock
    rng: random.Random = field(default_factory=random.Random)
    kubernetes: str = KUBERNETES
    nodes: dict[str, Node] = field(default_factory=dict)
    workers: dict[str, PodWorker] = field(default_factory=dict)
    trust: Trust | None = None
    """What TLS to the API server comes to on the nodes; None: it is in order."""
    claims: dict[str, str] = field(default_factory=dict)
    """Which node's record has an IPv4 address, as calico-node keeps them."""
    store: Store = field(init=False)
    events: Recorder = field(init=False)
    _ready: dict[str, bool] = field(default_factory=dict)
    _looked: dict[str, tuple[int, str]] = field(default_factory=dict)
    """The state of the files that `_ready` was taken from."""
    _addresses: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = Store(self.clock, self.rng)
        self.events = Recorder(self.store, self.clock)

    def node(self, name: str) -> Node:
        """A machine by its name, for tests to break."""
        return self.nodes[name]

    # --- rules ---------------------------------------------------------------------------------------------------

    def process_label(self, node: Node, pod: Object, container: Object, level: str) -> str | None:
        """The SELinux label the runtime asks for; None: it asks for none and the process becomes spc_t.

        containerd `internal/cri/server/container_create.go`: no label when enable_selinux is false or the container
        is privileged; otherwise container_t and the pod's categories, unless seLinuxOptions say else.
        """
        security = container.get("securityContext") or {}
        if not node.selinux.enabled or not node.selinux.runtime_labels or security.get("privileged"):
            return None
        options = security.get("seLinuxOptions") or (pod["spec"].get("securityContext") or {}).get("seLinuxOptions")
        options = options or {}
        return context(
            options.get("type") or "container_t",
            options.get("level") or level,
            options.get("user") or "system_u",
            options.get("role") or "system_r",
        )

    def pod_level(self) -> str:
        """A pair of categories for a new pod; all its containers share it."""
        low, high = sorted(self.rng.sample(range(1024), 2))
        return f"s0:c{low},c{high}"

    def pod_ip(self, node: Node) -> str:
        """The next address of the node's block."""
        used = self._addresses.get(node.name, self.rng.randrange(2, 30)) + 1
        self._addresses[node.name] = used
        return f"{node.pod_subnet.rsplit('.', 1)[0]}.{used}"

    def sandbox_problem(self, node: Node, pod: Object) -> tuple[str, str] | None:
        """Why no sandbox can be made for a pod, host network or not: (reason, message) of the kubelet's event.

        runc `libcontainer/cgroups/systemd` and `libcontainer/specconv`: with SystemdCgroup a path is
        "slice:prefix:name"; the kubelet's cgroupfs driver gives another.
        """
        if (node.kubelet_cgroups, node.runtime_cgroups) != ("cgroupfs", "systemd"):
            return self.network_problem(node, pod) if not pod["spec"].get("hostNetwork") else None
        sandbox = f"{self.rng.getrandbits(256):064x}"
        path = f"/kubepods/burstable/pod{pod['metadata']['uid']}/{sandbox}"
        why = "failed to create shim task: OCI runtime create failed: runc create failed: expected cgroupsPath to be of"
        why += f' format "slice:prefix:name" for systemd cgroups, got "{path}" instead: unknown'
        what = "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create containerd task"
        return "FailedCreatePodSandBox", f"{what}: {why}"

    def network_problem(self, node: Node, pod: Object) -> tuple[str, str] | None:
        """Why a pod with its own network cannot get one: (reason, message) of the kubelet's event."""
        if not node.network_ready:
            return "NetworkNotReady", CNI_NOT_READY
        trouble = ""
        if node.files.get(f"{node.cni_bin_dir}/calico") is None:
            trouble = f'failed to find plugin "calico" in path [{node.cni_bin_dir}]'
        elif node.files.get("/var/lib/calico/nodename") is None:
            trouble = (
                'plugin type="calico" failed (add): stat /var/lib/calico/nodename: no such file or directory: '
                "check that the calico/node container is running and has mounted /var/lib/calico/"
            )
        if not trouble:
            return None
        sandbox = f"{self.rng.getrandbits(256):064x}"
        why = "rpc error: code = Unknown desc = failed to setup network for sandbox"
        return "FailedCreatePodSandBox", f'Failed to create pod sandbox: {why} "{sandbox}": {trouble}'

    # --- kubelets ------------------------------------------------------------------------------------------------

    def adopt(self, pod: Object, timeline: Timeline | None = None) -> PodWorker | None:
        """Gives a bound pod to its node's kubelet."""
        node = self.nodes.get(pod["spec"].get("nodeName", ""))
        if node is None or pod["metadata"]["uid"] in self.workers:
            return None
        worker = PodWorker(self, node, pod, timeline or Timeline(self.clock), self.pod_level())
        self.workers[pod["metadata"]["uid"]] = worker
        worker.start()
        return worker

    def worker(self, pod: Object) -> PodWorker | None:
        """The kubelet's side of a pod object."""
        return self.workers.get(pod["metadata"]["uid"])

    def on_change(self, change: Change) -> None:
        """Reacts to pods that were bound, marked for deletion, or removed."""
        if change.key != PODS.key:
            return
        pod = change.object
        worker = self.worker(pod)
        if change.type == "DELETED":
            if worker is not None:
                worker.stop()
                del self.workers[pod["metadata"]["uid"]]
        elif worker is None:
            if pod["spec"].get("nodeName") and self.store.find(PODS.key, *_place(pod)):
                self.adopt(pod)
        else:
            fresh_delete = pod["metadata"].get("deletionTimestamp") and not worker.pod["metadata"].get(
                "deletionTimestamp"
            )
            worker.pod = pod
            if fresh_delete:
                worker.terminate()

    def remove_pod(self, meta: Object) -> None:
        """The kubelet's last word on a deleted pod: the object goes, if it is still the same."""
        held = self.store.find(PODS.key, meta["namespace"], meta["name"])
        if held is not None and held["metadata"]["uid"] == meta["uid"]:
            self.store.delete(PODS, meta["namespace"], meta["name"])

    def node_changed(self, node: Node, timeline: Timeline | None = None) -> None:
        """Reports the node Ready or not after its files may have changed; cheap when nothing did."""
        if self._looked.get(node.name) == (node.files.changes, node.cni_conf_dir):
            return
        self._looked[node.name] = (node.files.changes, node.cni_conf_dir)
        ready = node.network_ready
        if self._ready.get(node.name) == ready:
            return
        self._ready[node.name] = ready
        now = timeline.now() if timeline else self.clock.now()
        obj = edit_conditions(self.store, node.name, lambda held: set_ready(held, now, ready=ready))
        if obj is not None:
            reason = "NodeReady" if ready else "NodeNotReady"
            text = f"Node {node.name} status is now: {reason}"
            self.events.record(obj, "Normal", reason, text, component="kubelet", host=node.name, time=now)

    def not_ready(self, node: Node, container: Object) -> str:
        """What a container's readiness probe says against it; "" when it is ready."""
        return not_ready(self, node) if container["name"] == "calico-node" else ""

    def on_ready(self, node: Node, pod: Object, now: datetime) -> None:
        """calico-node became ready: it tells the node object that the network is available."""
        if any(c["name"] == "calico-node" for c in pod["spec"]["containers"]):
            edit_conditions(self.store, node.name, lambda held: set_network_available(held, now))

    def stop(self) -> None:
        """Ends every pod's timers."""
        for worker in self.workers.values():
            worker.stop()


def _place(pod: Object) -> tuple[str, str]:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]
