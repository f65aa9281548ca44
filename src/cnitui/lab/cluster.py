"""Builds a world for a scenario: machines, objects, and pods that already have a history."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cnitui.lab.api.admission import refuse_insecure
from cnitui.lab.api.errors import ApiError
from cnitui.lab.clock import rfc3339
from cnitui.lab.controllers.revisions import current_revision
from cnitui.lab.controllers.templates import daemon_pod, default_pod, own_spec, owner_reference, template_hash
from cnitui.lab.kubelet.history import settle
from cnitui.lab.machine.machines import containerd_config, machine, selinux_config
from cnitui.lab.objects import calico, calico_extras, rbac, system_objects
from cnitui.lab.objects import resources as r
from cnitui.lab.objects.node_objects import edit_conditions, node_object
from cnitui.lab.objects.trust import Trust
from cnitui.lab.scenarios.scenario import Installation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnitui.lab.jsontypes import Object
    from cnitui.lab.machine.node import Node
    from cnitui.lab.scenarios.mixture import Mixture
    from cnitui.lab.scenarios.scenario import Scenario
    from cnitui.lab.world import World

CLUSTER_AGE = timedelta(days=12, hours=3)
INCIDENT_AGE = timedelta(hours=17, minutes=21)
MANY = 500
"""Nodes from which on a cluster is too large to be looked through for garbage."""
FIRST_ATTEMPT = 20.0
"""Simulated seconds until the first failing worker tries again; the others follow."""


def build(world: World, scenario: Scenario | Mixture, nodes: int) -> None:
    """Fills an empty world with `nodes` machines, the first the control plane; ValueError if they are too few.

    Nobody looks through a large one for garbage until `release`: it is millions of objects that all stay.
    """
    with _uncollected(for_good=nodes >= MANY):
        _build(world, scenario, nodes)


def release(world: World) -> None:
    """A cluster that was built is to go."""
    if len(world.nodes) >= MANY:
        gc.unfreeze()


@contextmanager
def _uncollected(*, for_good: bool) -> Iterator[None]:
    """Without looking for garbage meanwhile, which costs a third; `for_good` what is there then is set aside."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if for_good:
            gc.freeze()
        if collecting:
            gc.enable()


def _build(world: World, scenario: Scenario | Mixture, nodes: int) -> None:
    now = world.clock.now().replace(microsecond=0)
    born, since = now - CLUSTER_AGE, now - INCIDENT_AGE
    machines = [_machine(index, born) for index in range(nodes)]
    scenario.prepare_all(machines, world.rng)
    for node in machines:
        node.files.file("/etc/selinux/config", content=selinux_config(node), mode=0o644)
        node.files.file("/etc/containerd/config.toml", content=containerd_config(node))
        world.nodes[node.name] = node
    applied = _applied(world, scenario, born)
    scenario.alter_all(applied)
    world.trust = applied.trust
    _base(world, applied, born, since)
    _daemon_set(world, system_objects.kube_proxy(world.kubernetes), born, born + timedelta(minutes=1))
    _static_pods(world, born)
    for deployment in applied.deployments:
        _deployment(world, deployment, since)
    _daemon_set(world, applied.daemon_set, since, since)
    _look_again(world)
    _deployment(world, calico_extras.kube_controllers(), since)
    _deployment(world, system_objects.coredns(), born)
    _heartbeats(world)
    world.store.begin()


def _machine(index: int, born: datetime) -> Node:
    if index == 0:
        return machine("master-01", "10.240.0.11", 0, born, born, control_plane=True)
    place = 20 + index
    ip = f"10.240.{place // 250}.{place % 250 or 250}"
    booted = born + timedelta(minutes=7 * (index % 9))
    return machine(f"worker-{index:02d}", ip, index, born, booted, control_plane=False)


def _applied(world: World, scenario: Scenario | Mixture, born: datetime) -> Installation:
    """What kubeadm and calico.yaml make, without what the scenario lacks."""
    master = next(iter(world.nodes.values()))
    accounts = ("calico-node", "calico-cni-plugin", "calico-kube-controllers", "coredns", "kube-proxy")
    rules: dict[str, tuple[r.Resource, Object]] = {
        name: (resource, {**obj, "rules": []} if name in scenario.ruleless else obj)
        for name, (resource, obj) in rbac.objects().items()
    }
    made: list[tuple[r.Resource, Object]] = [
        *((r.NAMESPACES, system_objects.namespace(name)) for name in system_objects.NAMESPACES),
        *((r.SERVICE_ACCOUNTS, system_objects.service_account(name)) for name in accounts),
        (r.SERVICES, system_objects.kubernetes_service()),
        (r.SERVICES, system_objects.dns_service()),
        (r.ENDPOINTS, system_objects.endpoints(master.ip)),
        (r.ENDPOINT_SLICES, system_objects.endpoint_slice(master.ip)),
        (r.CONFIG_MAPS, calico.config_map()),
        (r.IP_POOLS, calico_extras.ip_pool()),
        (r.CLUSTER_INFORMATIONS, calico_extras.cluster_information()),
        (r.FELIX_CONFIGURATIONS, calico_extras.felix_configuration()),
        (r.CONTROLLER_CONFIGURATIONS, calico_extras.controllers_configuration()),
        (r.CONFIG_MAPS, system_objects.kube_proxy_config()),
        (r.CONFIG_MAPS, system_objects.kubeadm_config(calico.POOL, world.kubernetes)),
        *((r.CRDS, crd) for crd in calico_extras.crds()),
    ]
    objects = {f"{resource.kind}/{obj['metadata']['name']}": (resource, obj) for resource, obj in made} | rules
    kept = {name: one for name, one in objects.items() if name not in scenario.lacks}
    daemon_set = calico.daemon_set(privileged=scenario.privileged, strategy=scenario.strategy)
    return Installation(kept, daemon_set, Trust(born))


def _base(world: World, applied: Installation, born: datetime, since: datetime) -> None:
    store, stamp = world.store, rfc3339(born)
    for resource, obj in applied.objects.values():
        store.create(resource, obj, created=stamp)
    for name in system_objects.NAMESPACES:
        store.create(r.SERVICE_ACCOUNTS, system_objects.service_account("default", name), created=stamp)
    for name in world.nodes:
        store.create(r.LEASES, system_objects.lease(name), created=stamp, given=True)
    images = [calico.CNI_IMAGE, calico.NODE_IMAGE, f"registry.k8s.io/kube-proxy:{world.kubernetes}"]
    for node in world.nodes.values():
        obj = node_object(node, world.kubernetes, images, since)
        store.create(r.NODES, obj, created=rfc3339(node.booted), given=True)


def _daemon_set(world: World, obj: Object, created: datetime, pods_born: datetime) -> None:
    daemon_set = world.store.create(r.DAEMON_SETS, obj, created=rfc3339(created))
    current_revision(world.store, daemon_set, created=rfc3339(created))
    digest = template_hash(daemon_set["spec"]["template"])
    if not _admitted(world, daemon_set, digest):
        return
    for index, node in enumerate(world.nodes.values()):
        pod = daemon_pod(daemon_set, node.name, digest)
        pod["spec"]["nodeName"] = node.name
        waiting = (FIRST_ATTEMPT + 35.0 * (index - 1)) % 280.0
        _pod(world, pod, pods_born + timedelta(seconds=index % 3), waiting)


def _admitted(world: World, daemon_set: Object, digest: str) -> bool:
    """Whether its pods may be created; the controller goes on trying, and says so."""
    try:
        refuse_insecure(world.store, daemon_pod(daemon_set, "", digest))
    except ApiError:
        return False
    return True


def _look_again(world: World) -> None:
    """Peers that came later may have failed those that were ready before them."""
    if any(node.network.dropped for node in world.nodes.values()):
        for worker in world.workers.values():
            worker.look_again()


def _pod(world: World, pod: Object, born: datetime, next_attempt: float = FIRST_ATTEMPT) -> None:
    default_pod(pod, world.store.suffix())
    made = world.store.create(r.PODS, pod, created=rfc3339(born), given=True)
    settle(world, made, born, next_attempt)


def _static_pods(world: World, born: datetime) -> None:
    for node in world.nodes.values():
        if node.control_plane:
            for component in system_objects.STATIC:
                _pod(world, system_objects.static_pod(component, node, world.kubernetes), born)


def _deployment(world: World, obj: Object, born: datetime) -> None:
    stamp = rfc3339(born)
    master = next(iter(world.nodes))
    replicas = obj["spec"]["replicas"]
    deployment = world.store.create(r.DEPLOYMENTS, obj, created=stamp)
    template = deployment["spec"]["template"]
    digest = template_hash(template)
    labels = {**template["metadata"]["labels"], "pod-template-hash": digest}
    template = {**template, "metadata": {"labels": labels}}
    counters = {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas}
    replica_set: Object = {
        "metadata": {
            "name": f"{obj['metadata']['name']}-{digest}",
            "namespace": "kube-system",
            "labels": labels,
            "ownerReferences": [owner_reference(deployment)],
            "generation": 1,
        },
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
        "status": counters | {"observedGeneration": 1, "fullyLabeledReplicas": replicas},
    }
    owner = world.store.create(r.REPLICA_SETS, replica_set, created=stamp)
    for _ in range(replicas):
        meta = {"generateName": f"{owner['metadata']['name']}-", "namespace": "kube-system", "labels": labels}
        pod = {"metadata": meta | {"ownerReferences": [owner_reference(owner)]}, "spec": own_spec(template["spec"])}
        pod["spec"]["nodeName"] = master
        _pod(world, pod, born)
    available = {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}
    available |= {"message": "Deployment has minimum availability.", "lastTransitionTime": stamp}
    status = counters | {"updatedReplicas": replicas, "observedGeneration": 1, "conditions": [available]}
    world.store.update(r.DEPLOYMENTS, {**deployment, "status": status})


def _heartbeats(world: World) -> None:
    """Kubelets renew what they report every few minutes, whether it changed or not."""
    now = world.clock.now()

    def beat(obj: Object) -> None:
        for place, condition in enumerate(obj["status"]["conditions"]):
            if condition["type"] != "NetworkUnavailable":
                condition["lastHeartbeatTime"] = rfc3339(now - timedelta(seconds=17 + 7 * place))

    for name in world.nodes:
        edit_conditions(world.store, name, beat)
