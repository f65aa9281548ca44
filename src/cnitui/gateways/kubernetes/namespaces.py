"""Watching every namespace, or those that may be read when "all" is refused."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Generic, TypeVar

from cnitui.domain.exchange import Changed, Interrupted, Listed, Page, Removed, Update
from cnitui.errors import Forbidden
from cnitui.gateways.kubernetes.lists import Kind, Scope
from cnitui.gateways.kubernetes.reflector import Pace, Reflector
from cnitui.gateways.kubernetes.session import Session

F = TypeVar("F")

WELL_KNOWN = ("kube-system", "calico-system")
"""Where manifests and the operator put calico-node (calico-facts: manifests/calico.yaml, tigera/operator render)."""


async def watch_everywhere(
    session: Session, kind: Kind[F], selector: str, key: Callable[[F], str], pace: Pace
) -> AsyncGenerator[Update[F], None]:
    """All namespaces; while that is refused, the well-known ones and the context's own as one list; ever again."""
    refused: Interrupted | None = None
    while not session.closed:
        async with aclosing(Reflector(session, kind, Scope("", selector), pace).updates()) as everywhere:
            async for update in everywhere:
                if isinstance(update, Interrupted) and isinstance(update.error, Forbidden):
                    refused = update
                    break
                yield update
            else:
                return
        names = dict.fromkeys((*WELL_KNOWN, session.connection.namespace or "default"))
        streams = {name: Reflector(session, kind, Scope(name, selector), pace).updates() for name in names}
        async with aclosing(_Merged(streams, key).updates()) as merged:
            async for update in merged:
                yield update
        if not session.closed:
            pause = pace.longest
            yield Interrupted(refused.error, pause)
            await asyncio.sleep(pause)


class _Merged(Generic[F]):
    """Several lists as one: listed when each has answered, ended when each is refused."""

    def __init__(self, streams: Mapping[str, AsyncGenerator[Update[F], None]], key: Callable[[F], str]) -> None:
        self._streams = streams
        self._key = key
        self._items: dict[str, dict[str, F]] = {name: {} for name in streams}
        self._silent = set(streams)
        self._refused: set[str] = set()
        self._queue: asyncio.Queue[tuple[str, Update[F] | None]] = asyncio.Queue(maxsize=100)

    async def updates(self) -> AsyncGenerator[Update[F], None]:
        """What the one list would say."""
        tasks = {name: asyncio.create_task(self._feed(name)) for name in self._streams}
        try:
            while len(self._refused) < len(self._streams):
                name, update = await self._queue.get()
                if update is None:
                    await tasks[name]
                    return
                for said in self._take(name, update):
                    yield said
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _feed(self, name: str) -> None:
        try:
            async with aclosing(self._streams[name]) as stream:
                async for update in stream:
                    await self._queue.put((name, update))
        finally:
            with contextlib.suppress(asyncio.QueueFull):
                self._queue.put_nowait((name, None))

    def _take(self, name: str, update: Update[F]) -> Iterator[Update[F]]:
        self._refused.discard(name)
        match update:
            case Interrupted(error) if isinstance(error, Forbidden):
                self._refused.add(name)
                yield from self._answered(name)
            case Interrupted():
                yield update
                yield from self._answered(name)
            case Listed(items):
                self._items[name] = {self._key(item): item for item in items}
                self._silent.discard(name)
                yield from self._whole()
            case Page(items):
                self._items[name] |= {self._key(item): item for item in items}
                yield update
            case Changed(item):
                self._items[name][self._key(item)] = item
                yield from () if self._silent else (update,)
            case Removed(item):
                self._items[name].pop(self._key(item), None)
                yield from () if self._silent else (update,)

    def _answered(self, name: str) -> Iterator[Update[F]]:
        """A first answer that is no list may have been the last one the whole waited for."""
        if name in self._silent:
            self._silent.discard(name)
            yield from self._whole()

    def _whole(self) -> Iterator[Update[F]]:
        if not self._silent and len(self._refused) < len(self._streams):
            yield Listed(tuple(item for items in self._items.values() for item in items.values()))
