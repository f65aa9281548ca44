"""A stock installation as it is read from a cluster, for tests to change in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnitui.domain.evidence import Observed, Reading, Source, Unavailable
from cnitui.domain.operator.observation import (
    CALICO_NODE,
    CLUSTER,
    CONFIG,
    CONTROLLERS,
    FELIX,
    FELIX_CRD,
    KNOWN,
    KUBEADM,
    LISTS,
    POOLS,
    SINGLE,
    Objects,
    Observation,
)
from cnitui.domain.plan import ObjectRef
from cnitui.lab.objects import calico, calico_extras, system_objects

Json = dict[str, Any]
SOURCE = Source("kubectl get it -o yaml")


class Stock:
    """Calico v3.27.0 as its manifest makes it, every pod ready; what was read of it is plain data to be changed."""

    def __init__(self, version: str = "v3.27.0") -> None:
        self.daemonset = calico.daemon_set(privileged=True)
        self.daemonset["status"] = {"desiredNumberScheduled": 3, "numberReady": 3}
        self.controllers = calico_extras.kube_controllers()
        self.config: Json = calico.config_map()
        self.pools: list[Json] = [calico_extras.ip_pool()]
        self.felix: list[Json] = [calico_extras.felix_configuration()]
        self.more: dict[ObjectRef, Reading[Objects]] = {}
        self.agent["image"] = f"docker.io/calico/node:{version}"

    @property
    def agent(self) -> Json:
        """The container calico-node."""
        found: Json = self.daemonset["spec"]["template"]["spec"]["containers"][0]
        return found

    @property
    def install(self) -> Json:
        """The container install-cni."""
        found: Json = self.daemonset["spec"]["template"]["spec"]["initContainers"][1]
        return found

    def set(self, name: str, value: str | None, container: Json | None = None) -> Stock:
        """Set a variable, or (None) remove it."""
        chosen = container or self.agent
        chosen["env"] = [entry for entry in chosen["env"] if entry["name"] != name]
        if value is not None:
            chosen["env"].append({"name": name, "value": value})
        return self

    def cni(self, before: str, after: str) -> Stock:
        """Change the CNI configuration's text."""
        written = self.config["data"]["cni_network_config"]
        assert before in written
        self.config["data"]["cni_network_config"] = written.replace(before, after)
        return self

    def pool(self, **changes: object) -> Stock:
        """Change the default pool's spec; None removes a field."""
        spec = {**self.pools[0]["spec"], **changes}
        self.pools[0]["spec"] = {key: value for key, value in spec.items() if value is not None}
        return self

    def reads(self, ref: ObjectRef, *items: Mapping[str, object]) -> Stock:
        """What else is there."""
        self.more[ref] = Observed(Objects(tuple(items)), SOURCE)
        return self

    def hides(self, ref: ObjectRef, why: str = "User viewer may not read it") -> Stock:
        """What may not be read."""
        self.more[ref] = Unavailable(why, SOURCE)
        return self

    def observed(self) -> Observation:
        """All that was read."""
        there: dict[ObjectRef, list[Json]] = {ref: [] for ref in (*SINGLE, *LISTS, *KNOWN)}
        there |= {CALICO_NODE: [self.daemonset], CONTROLLERS: [self.controllers], CONFIG: [self.config]}
        there |= {POOLS: self.pools, FELIX: self.felix, CLUSTER: [calico_extras.cluster_information()]}
        there[KUBEADM] = [system_objects.kubeadm_config("10.244.0.0/16", "v1.31.0")]
        readings: dict[ObjectRef, Reading[Objects]] = {
            ref: Observed(Objects(tuple(items)), SOURCE) for ref, items in there.items()
        }
        return Observation(readings | self.more)


def felix_crd(*fields: str) -> Json:
    """The CRD of FelixConfiguration with these settings."""
    spec: Json = {"properties": {"spec": {"properties": {name: {} for name in fields}}}}
    version = {"name": "v1", "schema": {"openAPIV3Schema": spec}}
    return {"metadata": {"name": FELIX_CRD.name}, "spec": {"versions": [version]}}
