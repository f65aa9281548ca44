"""A cluster in memory for the engine's tests: one DaemonSet, its pods, and a controller that tests can script."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonpatch

from cnitui.domain.evidence import CaseFile, Source
from cnitui.domain.facts import (
    ApiEndpoints,
    CalicoInstall,
    ContainerSecurity,
    ContainerSpec,
    ContainerStatus,
    DaemonSetStatus,
    Event,
    NodeStatus,
    PodStatus,
    Run,
)
from cnitui.domain.finding import Diagnosis, Finding, Judgement, Verdict
from cnitui.domain.plan import Access, ObjectRef, PatchType
from cnitui.engine.ports import Answer, Connection, Listed, LogRequest, Permission, Update
from cnitui.errors import ClusterError, Invalid, NotFound

GENERATION = "deprecated.daemonset.template.generation"
NODES = ("master-01", "worker-01", "worker-02")


def daemonset(install: Mapping[str, object] | None = None, strategy: str = "RollingUpdate") -> dict[str, Any]:
    """A DaemonSet whose install-cni, the second init container, has the given further fields."""
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": "calico-node",
            "namespace": "kube-system",
            "uid": "ds-1",
            "generation": 3,
            "resourceVersion": "100",
            "annotations": {GENERATION: "3"},
            "managedFields": [{"manager": "kubectl"}],
        },
        "spec": {
            "selector": {"matchLabels": {"k8s-app": "calico-node"}},
            "updateStrategy": {"type": strategy},
            "template": {
                "spec": {
                    "initContainers": [
                        {"name": "upgrade-ipam", "securityContext": {"privileged": True}},
                        {"name": "install-cni", "image": "calico/cni:v3.27.0", **(install or {})},
                    ],
                    "containers": [{"name": "calico-node"}],
                }
            },
        },
        "status": {"numberReady": 1},
    }


def pod(
    node: str, *, failing: bool = False, privileged: bool | None = None, generation: str = "3", restarts: int = 5
) -> PodStatus:
    """A calico-node pod: Running, or with an install-cni whose attempts end in error."""
    name = f"calico-node-{node}-{generation}"
    install = ContainerStatus("install-cni", init=True, state="terminated", current=Run("c1", exit_code=0))
    if failing:
        run = Run("c1", exit_code=1)
        install = replace(install, state="waiting", current=None, last=run, restart_count=restarts)
    security = ContainerSecurity(privileged=privileged, stated=privileged is not None)
    return PodStatus(
        "kube-system",
        name,
        f"uid-{name}",
        node,
        "Init:CrashLoopBackOff" if failing else "Running",
        ready=0 if failing else 1,
        total=1,
        template_generation=generation,
        owner="DaemonSet/calico-node",
        containers=(install,),
        specs=(ContainerSpec("install-cni", 1, init=True, image="calico/cni:v3.27.0", security=security),),
    )


def node(name: str, *, ready: bool = True) -> NodeStatus:
    """A node; the first is the control plane."""
    roles = ("control-plane",) if name.startswith("master") else ()
    return NodeStatus(
        name, roles=roles, ready="True" if ready else "False", ready_reason="" if ready else "KubeletNotReady"
    )


def selinux(verdict: Verdict = Verdict.CONFIRMED, *nodes: str, because: str = "a denial is on record") -> Finding:
    """A finding on the guide's cause."""
    return Finding("selinux-denial", "SELinux stops install-cni", Judgement(verdict, because), nodes)


def case_of(pods: tuple[PodStatus, ...], status: DaemonSetStatus | None = None, method: str = "manifest") -> CaseFile:
    """A case file of these pods and their nodes."""
    status = status or DaemonSetStatus("kube-system", "calico-node", generation=3)
    case = (
        CaseFile()
        .with_observed(status, Source(""))
        .with_observed(CalicoInstall("v3.27.0", method, status.namespace, status.name), Source(""))
    )
    for found in pods:
        case = case.with_observed(found, Source(""), found.node).with_observed(node(found.node), Source(""), found.node)
    return case


def diagnosis_of(*findings: Finding, failing: tuple[str, ...] = ("worker-01", "worker-02")) -> Diagnosis:
    """A diagnosis with these findings."""
    return Diagnosis("failing", findings, failing_nodes=failing)


class FakeClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class FakeCluster:
    """Implements ClusterApi; `log` holds every request that would change something, dry runs included.

    `controller` is called after each stored patch or delete, and may change `pods`; `refuse` is raised by patches.
    """

    def __init__(self, stored: dict[str, Any] | None = None, pods: tuple[PodStatus, ...] = ()) -> None:
        self.connection = Connection("lab", "https://127.0.0.1:6443", "admin")
        self.stored = stored or daemonset()
        self._pods = pods or (pod("master-01"), pod("worker-01", failing=True), pod("worker-02", failing=True))
        self.node_list = tuple(node(name) for name in NODES)
        self.others: dict[tuple[str, str], dict[str, Any]] = {}
        self.event_list: tuple[Event, ...] = ()
        self.log: list[tuple[str, str, bool]] = []
        self.controller: Callable[[FakeCluster], None] = lambda _: None
        self.refuse: ClusterError | None = None
        self.warnings: tuple[str, ...] = ()
        self.forbidden: frozenset[str] = frozenset()
        self.test_pod_status: Mapping[str, object] = {"phase": "Running", "podIP": "10.244.1.7"}
        self._changed = asyncio.Event()

    @property
    def pod_list(self) -> tuple[PodStatus, ...]:
        return self._pods

    def show(self, *pods: PodStatus) -> None:
        """These are the pods from now on."""
        self._pods = pods
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def written(self) -> list[tuple[str, str]]:
        """What was really changed, in order."""
        return [(verb, words) for verb, words, dry_run in self.log if not dry_run]

    @property
    def silence(self) -> float:
        return 0.0

    async def ping(self) -> None:
        return

    async def connect(self) -> str:
        return "v1.31.0"

    async def watch_pods(self, namespace: str, selector: str) -> AsyncIterator[Update[PodStatus]]:
        assert (namespace, selector) == ("kube-system", "k8s-app=calico-node")
        while True:
            changed = self._changed
            yield Listed(self._pods)
            await changed.wait()

    async def watch_nodes(self) -> AsyncIterator[Update[NodeStatus]]:
        yield Listed(self.node_list)
        await asyncio.Event().wait()

    async def watch_daemonsets(self, namespace: str, selector: str) -> AsyncIterator[Update[DaemonSetStatus]]:
        yield Listed(())

    async def pods(self, namespace: str, selector: str = "", field_selector: str = "") -> tuple[PodStatus, ...]:
        return self._pods

    async def nodes(self) -> tuple[NodeStatus, ...]:
        return self.node_list

    async def daemonsets(self, namespace: str, selector: str = "") -> tuple[DaemonSetStatus, ...]:
        return ()

    async def events(self, namespace: str, involved: str = "") -> tuple[Event, ...]:
        return self.event_list

    async def api_endpoints(self) -> ApiEndpoints:
        return ApiEndpoints("10.96.0.1:443")

    async def read_log(self, request: LogRequest) -> bytes:
        return b""

    async def follow_log(self, request: LogRequest) -> AsyncIterator[bytes]:
        yield b""

    async def get(self, ref: ObjectRef) -> Mapping[str, object]:
        if ref.resource == "daemonsets":
            return copy.deepcopy(self.stored)
        if (ref.resource, ref.name) not in self.others:
            raise NotFound(f"{ref.words} is not there", status=404)
        return copy.deepcopy(self.others[ref.resource, ref.name])

    async def objects(self, ref: ObjectRef, selector: str = "") -> tuple[Mapping[str, object], ...]:
        return tuple(copy.deepcopy(held) for (resource, _), held in self.others.items() if resource == ref.resource)

    async def patch(
        self, ref: ObjectRef, kind: PatchType, body: object, *, dry_run: bool, manager: str = "cnitui"
    ) -> Answer:
        self.log.append(("patch", ref.words, dry_run))
        if self.refuse is not None:
            raise self.refuse
        assert isinstance(body, list)
        try:
            patched: dict[str, Any] = jsonpatch.apply_patch(self.stored, body)
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            raise Invalid("the server rejected our request due to an error in our request", status=422) from error
        metadata = patched["metadata"]
        metadata["generation"] += 1
        metadata["annotations"] = {**metadata["annotations"], GENERATION: str(metadata["generation"])}
        if not dry_run:
            self.stored = patched
            self.controller(self)
        return Answer(copy.deepcopy(patched), self.warnings)

    async def create(self, ref: ObjectRef, body: Mapping[str, object], *, dry_run: bool) -> Answer:
        self.log.append(("create", ref.words, dry_run))
        if self.refuse is not None:
            raise self.refuse
        stored = copy.deepcopy(dict(body))
        stored["metadata"] = {**stored["metadata"], "uid": f"uid-{ref.name}"}  # type: ignore[dict-item]
        stored["status"] = self.test_pod_status
        self.others[ref.resource, ref.name] = stored
        return Answer(stored)

    async def delete(
        self, ref: ObjectRef, *, uid: str, grace_seconds: int | None = None, dependents: bool = False
    ) -> None:
        self.log.append(("delete", f"{ref.words} {uid}", False))
        self.others.pop((ref.resource, ref.name), None)
        self.controller(self)

    async def may(self, access: Access) -> Permission:
        return Permission(access, access.words not in self.forbidden)

    async def close(self) -> None:
        return


def heals(cluster: FakeCluster) -> None:
    """A controller that replaces every pod by a healthy one of the new template."""
    generation = cluster.stored["metadata"]["annotations"][GENERATION]
    cluster.show(*(pod(found.node, privileged=True, generation=generation) for found in cluster.pod_list))
