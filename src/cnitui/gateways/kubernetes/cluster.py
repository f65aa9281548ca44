"""The ClusterApi of a real API server (or of anything that speaks its protocol)."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from cnitui.domain.exchange import Answer, Connection, LogRequest, Permission, Update
from cnitui.domain.facts import ApiEndpoints, DaemonSetStatus, Event, NodeStatus, PodStatus
from cnitui.domain.operator.observation import Objects
from cnitui.domain.plan import Access, ObjectRef, PatchType
from cnitui.errors import Forbidden, NotFound, ReadOnly
from cnitui.gateways.kubernetes import events, inventory, logs, writes
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.asking import Ask, path_of
from cnitui.gateways.kubernetes.lists import DAEMONSETS, EVENTS, NODES, PODS, Scope, decoded, listed
from cnitui.gateways.kubernetes.namespaces import watch_everywhere
from cnitui.gateways.kubernetes.plain import one_line
from cnitui.gateways.kubernetes.reflector import STEADY, Pace, Reflector
from cnitui.gateways.kubernetes.session import Session

FIELD_MANAGER = "cnitui"
_SPARE_CONNECTIONS = 32
_VERSION = msgspec.json.Decoder(wire.VersionInfo)
_SERVICE = msgspec.json.Decoder(wire.Service)
_ENDPOINTS = msgspec.json.Decoder(wire.Endpoints)
_SLICES = msgspec.json.Decoder(wire.Listing[wire.EndpointSlice])


class KubernetesCluster:
    """Implements `engine.ports.ClusterApi` over one kubeconfig context.

    `kubeconfig` are the files in kubectl's order (`settings.kubeconfig_files`), `timeout` is in seconds and bounds each
    short request, `follows` is how many logs may be followed at once. In read-only mode, or in one of the
    `readonly_contexts`, every write but a dry run raises ReadOnly.
    """

    def __init__(
        self,
        kubeconfig: Sequence[Path],
        *,
        context: str = "",
        namespace: str = "",
        impersonate: str = "",
        timeout: float = 10.0,
        follows: int = 100,
        readonly: bool = False,
        readonly_contexts: Collection[str] = (),
        environment: Mapping[str, str] = os.environ,
        pace: Pace = STEADY,
    ) -> None:
        self._session = Session(
            kubeconfig, context, impersonate, timeout, environment, pool=follows + _SPARE_CONNECTIONS
        )
        self._namespace = namespace
        self._readonly = readonly
        self._readonly_contexts = frozenset(readonly_contexts)
        self._pace = pace
        self._version = ""

    @property
    def connection(self) -> Connection:
        """Known in full once the kubeconfig has been read."""
        known = self._session.connection
        readonly = self._readonly or known.context in self._readonly_contexts
        return replace(known, namespace=self._namespace or known.namespace, readonly=readonly, version=self._version)

    @property
    def silence(self) -> float:
        """Seconds since anything came from the server; 0.0 before the first contact."""
        return self._session.silence

    async def ping(self) -> None:
        """Ask whether the server is there; raises ClusterUnreachable when it does not answer."""
        await self._session.ping()

    async def connect(self) -> str:
        """Read the kubeconfig, make contact; answers the server's version, "" when we may not ask for that."""
        self._session.retry()
        try:
            found = decoded(_VERSION, await self._session.read(Ask("ask for the server's version", "/version")))
        except Forbidden:
            return ""
        self._version = one_line(found.git_version, 100)
        return self._version

    # --- watching and listing -----------------------------------------------------------------------------------------

    def watch_pods(self, namespace: str, selector: str) -> AsyncIterator[Update[PodStatus]]:
        """Pods matching a label selector; namespace "" is all, or those we may read if all are refused."""
        if namespace:
            return Reflector(self._session, PODS, Scope(namespace, selector), self._pace).updates()
        return watch_everywhere(self._session, PODS, selector, lambda pod: pod.uid, self._pace)

    def watch_nodes(self) -> AsyncIterator[Update[NodeStatus]]:
        """All nodes."""
        return Reflector(self._session, NODES, pace=self._pace).updates()

    def watch_daemonsets(self, namespace: str, selector: str) -> AsyncIterator[Update[DaemonSetStatus]]:
        """DaemonSets; namespaces as for pods."""
        if namespace:
            return Reflector(self._session, DAEMONSETS, Scope(namespace, selector), self._pace).updates()
        return watch_everywhere(self._session, DAEMONSETS, selector, lambda ds: ds.uid, self._pace)

    async def pods(self, namespace: str, selector: str = "", field_selector: str = "") -> tuple[PodStatus, ...]:
        """All at once."""
        return (await listed(self._session, PODS, Scope(namespace, selector, field_selector)))[0]

    async def nodes(self) -> tuple[NodeStatus, ...]:
        """All at once."""
        return (await listed(self._session, NODES))[0]

    async def daemonsets(self, namespace: str, selector: str = "") -> tuple[DaemonSetStatus, ...]:
        """All at once."""
        return (await listed(self._session, DAEMONSETS, Scope(namespace, selector)))[0]

    async def events(self, namespace: str, involved: str = "") -> tuple[Event, ...]:
        """Newest last; `involved` limits them to one object's name."""
        about = f"involvedObject.name={involved}" if involved else ""
        return events.newest_last((await listed(self._session, EVENTS, Scope(namespace, field_selector=about)))[0])

    async def api_endpoints(self) -> ApiEndpoints:
        """The Service `default/kubernetes` and what is behind it; EndpointSlices, else the older Endpoints."""
        service = path_of("api", "v1", "namespaces", "default", "services", "kubernetes")
        body = await self._session.read(Ask("read the Service default/kubernetes", service))
        return ApiEndpoints(events.service_address(decoded(_SERVICE, body)), await self._endpoint_addresses())

    async def _endpoint_addresses(self) -> tuple[str, ...]:
        slices = Ask(
            "list endpointslices in default",
            path_of("apis", "discovery.k8s.io", "v1", "namespaces", "default", "endpointslices"),
            (("labelSelector", "kubernetes.io/service-name=kubernetes"),),
        )
        try:
            return events.slice_addresses(decoded(_SLICES, await self._session.read(slices)).items or ())
        except (Forbidden, NotFound):
            old = Ask("read the Endpoints default/kubernetes", "/api/v1/namespaces/default/endpoints/kubernetes")
            return events.endpoints_addresses(decoded(_ENDPOINTS, await self._session.read(old)))

    # --- logs ---------------------------------------------------------------------------------------------------------

    async def read_log(self, request: LogRequest) -> bytes:
        """The log as it is now, timestamps first on each line."""
        return await logs.read_log(self._session, request)

    def follow_log(self, request: LogRequest) -> AsyncIterator[bytes]:
        """Pieces of the log until the container ends; ClusterUnreachable when the stream was cut."""
        return logs.follow_log(self._session, request, self._pace.quiet)

    # --- single objects -----------------------------------------------------------------------------------------------

    async def get(self, ref: ObjectRef) -> Mapping[str, object]:
        """One object as plain data."""
        return await writes.get(self._session, ref)

    async def objects(self, ref: ObjectRef, selector: str = "") -> tuple[Mapping[str, object], ...]:
        """All of the ref's resource in its namespace, as plain data."""
        return await writes.objects(self._session, ref, selector)

    async def served(self, group: str, version: str) -> tuple[ObjectRef, ...]:
        """The resources of a group that can be listed."""
        return await inventory.served(self._session, group, version)

    async def everything(self, ref: ObjectRef, most: int) -> Objects:
        """All objects of a resource, page by page."""
        return await inventory.everything(self._session, ref, most)

    async def patch(
        self, ref: ObjectRef, kind: PatchType, body: object, *, dry_run: bool, manager: str = FIELD_MANAGER
    ) -> Answer:
        """The object as it is (or would be) stored; Conflict when a guard no longer holds."""
        self._may_write(dry_run, ref)
        return await writes.patch(self._session, ref, kind, body, dry_run=dry_run, manager=manager)

    async def create(self, ref: ObjectRef, body: Mapping[str, object], *, dry_run: bool) -> Answer:
        """The object as it is (or would be) created."""
        self._may_write(dry_run, ref)
        return await writes.create(self._session, ref, body, dry_run=dry_run, manager=FIELD_MANAGER)

    async def delete(
        self, ref: ObjectRef, *, uid: str, grace_seconds: int | None = None, dependents: bool = False
    ) -> None:
        """Delete the object if it still is the one of that uid; one that is gone already is no error."""
        self._may_write(False, ref)
        await writes.delete(self._session, ref, uid=uid, grace_seconds=grace_seconds, dependents=dependents)

    async def may(self, access: Access) -> Permission:
        """A SelfSubjectAccessReview."""
        return await writes.may(self._session, access)

    def _may_write(self, dry_run: bool, ref: ObjectRef) -> None:
        if not dry_run and self.connection.readonly:
            raise ReadOnly(f"{ref.words} is not changed: context {self.connection.context} is read-only here")

    async def close(self) -> None:
        """Cut everything that is in flight; watches end."""
        await self._session.close()
