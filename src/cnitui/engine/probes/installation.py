"""Everything the migration to the operator depends on, read from the API; what may not be read says why."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable

from cnitui.domain.evidence import Observed, Reading, Source, Unavailable
from cnitui.domain.operator.observation import CALICO, CALICO_NODE, KNOWN, LISTS, SINGLE, Objects, Observation
from cnitui.domain.operator.workload import config_maps
from cnitui.domain.plan import ObjectRef
from cnitui.engine.ports import Clock, ObjectsApi
from cnitui.errors import ClusterError, ClusterUnreachable, NotFound, Unauthorized

MOST = 200_000
"""Objects of one resource: each pod has an IPAM handle, and the largest clusters have 150,000 pods."""
AT_ONCE = 4
"""Requests at a time: a list of allocations is large, and the server has others to serve."""


class Survey:
    """Asks for one thing after the other, a few at a time."""

    def __init__(self, api: ObjectsApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def observe(self) -> Observation:
        """All of it; raises when the server does not answer or does not know us, else every question has a reading."""
        single = await self._all(self._single(ref) for ref in SINGLE)
        known = Observation(dict(single))
        daemonset = known.one(CALICO_NODE)
        configs = [ref for ref in config_maps(daemonset) if ref not in SINGLE] if daemonset is not None else []
        lists = {ref.resource: ref for ref in (*KNOWN, *await self._served())}.values()
        rest = [*(self._single(ref) for ref in configs), *(self._listed(ref) for ref in (*LISTS, *lists))]
        return Observation(dict([*single, *await self._all(rest)]))

    async def _all(
        self, questions: Iterable[Coroutine[None, None, tuple[ObjectRef, Reading[Objects]]]]
    ) -> list[tuple[ObjectRef, Reading[Objects]]]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(question) for question in questions]
        except ExceptionGroup as failed:  # the first one ends all others, and is what is to be told
            raise failed.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _served(self) -> tuple[ObjectRef, ...]:
        """What this Calico has beyond what every one has; a server that does not say leaves us with those."""
        try:
            return await self._api.served(CALICO, "v1")
        except (ClusterUnreachable, Unauthorized):
            raise
        except ClusterError:
            return ()

    async def _single(self, ref: ObjectRef) -> tuple[ObjectRef, Reading[Objects]]:
        async def asked() -> Objects:
            return Objects((await self._api.get(ref),))

        where = f"-n {ref.namespace} " if ref.namespace else ""
        return ref, await self._reading(asked(), f"kubectl {where}get {_typed(ref)} {ref.name} -o yaml")

    async def _listed(self, ref: ObjectRef) -> tuple[ObjectRef, Reading[Objects]]:
        return ref, await self._reading(self._api.everything(ref, MOST), f"kubectl get {_typed(ref)} -A -o yaml")

    async def _reading(self, question: Coroutine[None, None, Objects], command: str) -> Reading[Objects]:
        async with self._turn:
            source = Source(command, at=self._clock.now())
            try:
                return Observed(await question, source)
            except NotFound:
                return Observed(Objects(), source)
            except (ClusterUnreachable, Unauthorized):
                raise
            except ClusterError as error:
                return Unavailable(error.what, source, error.next_step)


def _typed(ref: ObjectRef) -> str:
    """`ippools.crd.projectcalico.org`, `configmaps`."""
    return f"{ref.resource}.{ref.group}" if ref.group else ref.resource
