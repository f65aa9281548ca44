"""The migration judged as a whole: the Installation that comes of it, or what stands against it."""

from __future__ import annotations

from cnitui.domain.operator import components, ground
from cnitui.domain.operator.environment import environment
from cnitui.domain.operator.mtu import mtu
from cnitui.domain.operator.network import network
from cnitui.domain.operator.observation import (
    API_SERVICE,
    CONTROLLERS,
    OPERATOR,
    TYPHA,
    Observation,
)
from cnitui.domain.operator.parts import Check, Part, Spec, Standing, merged
from cnitui.domain.operator.pool_checks import ip_pools
from cnitui.domain.operator.releases import Release, release_of
from cnitui.domain.operator.workload import Workload, workload
from cnitui.late_dataclass import dataclass

_ORDER = (
    "variant", "registry", "imagePath", "imagePrefix", "imagePullSecrets", "cni", "calicoNetwork", "flexVolumePath",
    "nodeUpdateStrategy", "controlPlaneNodeSelector", "controlPlaneTolerations", "componentResources",
)  # fmt: skip
_API_SERVER_SINCE = 23


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the observation comes to.

    `version` is Calico's ("" unknown), `release` what the table has for it, `spec` the Installation's. `workloads` are
    those of the installation that are there.
    """

    version: str
    release: Release | None
    checks: tuple[Check, ...]
    spec: Spec
    workloads: tuple[Workload, ...] = ()
    wants_api_server: bool = False

    @property
    def refused(self) -> tuple[Check, ...]:
        """What the operator refuses, or what must not be begun."""
        return self.standing("refused")

    def standing(self, standing: Standing) -> tuple[Check, ...]:
        """The checks that stand so."""
        return tuple(check for check in self.checks if check.standing == standing)

    @property
    def installation(self) -> dict[str, object]:
        """The object that starts the migration."""
        return _object("Installation", self.spec)

    @property
    def api_server(self) -> dict[str, object]:
        """The object that brings the Calico API server."""
        return _object("APIServer", {})


def _object(kind: str, spec: Spec) -> dict[str, object]:
    return {"apiVersion": f"{OPERATOR}/v1", "kind": kind, "metadata": {"name": "default"}, "spec": dict(spec)}


def assess(seen: Observation) -> Assessment:
    """Judge everything that was read; without calico-node there is nothing to judge but that."""
    first = tuple(ground.standing(seen))
    node = workload(seen)
    if node is None or any(check.standing == "refused" for check in first):
        return Assessment("", None, first, {})
    version, told = ground.version_of(seen, node)
    release = release_of(version)
    data = components.datastore(node)
    if any(check.standing == "refused" for check in data.checks):  # all else is not where one would look for it
        return Assessment(version, release, (*first, *told, *data.checks), {}, (node,))
    controllers, typha = workload(seen, CONTROLLERS), workload(seen, TYPHA)
    there = tuple(found for found in (node, controllers, typha) if found is not None)
    parts = (
        Part((*first, *told, *ground.health(seen, node))),
        data,
        network(node, release),
        mtu(node),
        ip_pools(seen, node, release),
        ground.dataplane(seen, node, release),
        components.directories(node),
        components.update_strategy(node),
        components.selectors(node, controllers, typha, release),
        components.foreign_annotations(there),
        components.tolerations(node, controllers, release),
        components.resources(node, controllers, typha),
        components.metrics(node, typha),
        components.controllers_of(controllers, release),
        environment(seen, node, release),
        ground.images(node, release),
        ground.api_server(seen),
    )
    checks = tuple(check for part in parts for check in part.checks)
    wanted = release is not None and release.minor >= _API_SERVER_SINCE and seen.objects(API_SERVICE) == ()
    return Assessment(version, release, checks, _ordered(merged(part.spec for part in parts)), there, wanted)


def _ordered(spec: Spec) -> Spec:
    whole = {"variant": "Calico", **spec}
    return {key: whole[key] for key in sorted(whole, key=lambda key: (*_ORDER, key).index(key))}
