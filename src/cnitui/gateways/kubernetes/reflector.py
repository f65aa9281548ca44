"""A live copy of a list: list, watch from the list's version, begin again when the server has forgotten it.

The cycle of client-go's Reflector (tools/cache/reflector.go@v0.35.4), written here because `kubernetes.aio`'s Watch
resumes from an object's version, gives up at the second 410 and restarts finished streams.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Generic, TypeVar

import msgspec

from cnitui.domain.exchange import Changed, Interrupted, Listed, Page, Removed, Update
from cnitui.errors import ClusterUnreachable, CnituiError, ServerFailure, Throttled
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.failures import Gone, answer_failed
from cnitui.gateways.kubernetes.lists import EVERYWHERE, Kind, Scope, Whole, decoded, list_ask, listing
from cnitui.gateways.kubernetes.session import ServerSilent, Session
from cnitui.late_dataclass import dataclass

F = TypeVar("F")

_LONGEST_LINE = 16 * 2**20
"""Bytes of one watch event; etcd's own bound on an object is 1.5 MiB."""
_SERVER_ERROR = 500
_EVENT = msgspec.json.Decoder(wire.WatchEvent)
_BOOKMARK = msgspec.json.Decoder(wire.Object)
_STATUS = msgspec.json.Decoder(wire.Status)


@dataclass(frozen=True, slots=True)
class Pace:
    """How watching repeats itself, in seconds.

    Pauses after failures; the life of a watch, how long after it silence means a dead connection, how much quiet makes
    us ask whether the server is there, and what is too short a life to begin again at once.
    """

    first: float = 0.5
    longest: float = 30.0
    life: tuple[float, float] = (240.0, 290.0)
    grace: float = 15.0
    quiet: float = 30.0
    short_life: float = 1.0

    def pause(self, failures: int) -> float:
        """Doubling, with jitter so that many clients do not return at once."""
        return min(self.first * 2.0 ** min(failures, 16), self.longest) * random.uniform(0.8, 1.2)  # noqa: S311


STEADY = Pace()


class Reflector(Generic[F]):
    """One list kept up to date; iterate `updates()` once."""

    def __init__(self, session: Session, kind: Kind[F], scope: Scope = EVERYWHERE, pace: Pace = STEADY) -> None:
        self._session = session
        self._kind = kind
        self._scope = scope
        self._pace = pace
        self._version = ""
        self._failures = 0
        self._forgotten = False

    async def updates(self) -> AsyncGenerator[Update[F], None]:
        """For ever: raises nothing but cancellation, and ends only when the session has been closed."""
        while not self._session.closed:
            try:
                async with aclosing(listing(self._session, self._kind, self._scope)) as parts:
                    async for part in parts:
                        yield self._said(part)
                async with aclosing(self._watch()) as watching:
                    async for update in watching:
                        yield update
            except CnituiError as error:
                pause = self._pause_after(error)
                if pause and not self._session.closed:
                    yield Interrupted(error, pause)
                    await asyncio.sleep(pause)

    def _said(self, part: Page[F] | Whole[F]) -> Update[F]:
        if isinstance(part, Page):
            return part
        self._version = part.version
        return Listed(part.items)

    def _pause_after(self, error: CnituiError) -> float:
        """Seconds until the next list; none when the server has merely forgotten our version for the first time."""
        if isinstance(error, Gone) and not self._forgotten:
            self._forgotten = True
            return 0.0
        pause = self._pace.pause(self._failures)
        self._failures += 1
        return max(pause, error.retry_after) if isinstance(error, Throttled) else pause

    async def _watch(self) -> AsyncGenerator[Update[F], None]:
        """Watch after watch from the last version seen; raises when one brought nothing.

        A watch that was cut after it brought something is resumed at once: connections have ends, and that is no news.
        """
        while True:
            watch = _Watch(self._session, self._kind, self._scope, self._pace, self._version)
            try:
                async with aclosing(watch.updates()) as updates:
                    async for update in updates:
                        yield update
            except (ClusterUnreachable, ServerFailure) as error:
                if isinstance(error, Gone | ServerSilent) or not watch.fruitful:
                    raise
            finally:
                self._version = watch.version
            if not watch.fruitful:
                raise ServerFailure(f"The server ends every watch of {self._kind.resource} at once")
            self._failures = 0
            self._forgotten = False


class _Watch(Generic[F]):
    """One watch request; `version` is the last one it brought."""

    def __init__(self, session: Session, kind: Kind[F], scope: Scope, pace: Pace, version: str) -> None:
        self._session = session
        self._kind = kind
        self._pace = pace
        self._life = random.uniform(*pace.life)  # noqa: S311
        self._ask = list_ask(
            kind,
            scope,
            (
                ("watch", "true"),
                ("resourceVersion", version),
                ("allowWatchBookmarks", "true"),
                ("timeoutSeconds", str(int(self._life))),
            ),
            verb="watch",
        )
        self._began = math.inf
        self._events = 0
        self.version = version

    @property
    def fruitful(self) -> bool:
        """Whether it brought something or at least lasted, so that the next one may follow at once."""
        return self._events > 0 or time.monotonic() - self._began >= self._pace.short_life

    async def updates(self) -> AsyncGenerator[Update[F], None]:
        """Until the server ends it; a line that was cut off is left out, its event comes again."""
        silence = self._life + self._pace.grace
        async with self._session.stream(self._ask, silence=silence, quiet=self._pace.quiet) as reply:
            self._began = time.monotonic()
            lines = _Lines(self._ask.what)
            async with aclosing(self._session.pieces(reply, self._pace.quiet)) as pieces:
                async for piece in pieces:
                    for line in lines.of(piece):
                        update = self._update_of(decoded(_EVENT, line))
                        self._events += 1
                        if update is not None:
                            yield update

    def _update_of(self, event: wire.WatchEvent) -> Update[F] | None:
        match event.type:
            case "ADDED" | "MODIFIED":
                item, self.version = self._kind.item(event.object)
                return Changed(item)
            case "DELETED":
                item, self.version = self._kind.item(event.object)
                return Removed(item)
            case "BOOKMARK":
                self.version = decoded(_BOOKMARK, event.object).metadata.resource_version
                return None
            case _:
                status = decoded(_STATUS, event.object)
                raise answer_failed(status.code or _SERVER_ERROR, bytes(event.object), {}, self._ask.what)


class _Lines:
    """Whole lines from pieces of any length."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._begun: list[bytes] = []
        self._size = 0

    def of(self, piece: bytes) -> list[bytes]:
        """The lines that this piece completes."""
        *lines, rest = piece.split(b"\n")
        if lines and self._begun:
            lines[0] = b"".join((*self._begun, lines[0]))
        if lines:
            self._begun, self._size = [], 0
        if rest:
            self._begun.append(rest)
            self._size += len(rest)
        if self._size > _LONGEST_LINE:
            raise ServerFailure(f"Could not {self._what}: an event of more than {_LONGEST_LINE // 2**20} MiB")
        return [line for line in lines if line]
