"""One context of a kubeconfig as something that answers requests.

Opens itself at the first request and again when credentials have expired, so that a login in another terminal or a
repaired kubeconfig is enough to go on. Loading the client and reading certificates happens in a thread that exit does
not wait for.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cnitui.background import in_daemon_thread
from cnitui.domain.exchange import Connection
from cnitui.errors import ClusterError, ClusterUnreachable, KubeconfigError, ServerFailure, Unauthorized
from cnitui.gateways.kubernetes.asking import Ask, Timeouts
from cnitui.gateways.kubernetes.credentials import Credentials, Identity
from cnitui.gateways.kubernetes.failures import answer_failed
from cnitui.gateways.kubernetes.kubeconfig import Target, load_target
from cnitui.gateways.kubernetes.lean_import import load_http
from cnitui.late_dataclass import dataclass

if TYPE_CHECKING:
    from cnitui.gateways.kubernetes.transport import Reply, Transport

_LARGEST_FAILURE = 2**18
_LARGEST_ANSWER = 64 * 2**20
_HTTP_ERROR = 400
_PATIENCE = 60.0
"""Seconds of silence a long answer may have; the API server itself gives up a request after this time."""
_RENEWAL_PAUSE = 5.0
_FAILURE_PAUSE = 15.0
_PULSE_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class _Open:
    target: Target
    credentials: Credentials
    identity: Identity
    transport: Transport


class ServerSilent(ClusterUnreachable):
    """Nothing came for a while, and the server did not answer when asked; resuming at once is of no use."""


class Session:
    """Answers requests as one user of one cluster; raises `ClusterError` and `KubeconfigError` only.

    Times in seconds; `pool` is the number of connections, each stream takes one.
    """

    def __init__(
        self,
        kubeconfig: Sequence[Path],
        context: str = "",
        impersonate: str = "",
        timeout: float = 10.0,
        environment: Mapping[str, str] = os.environ,
        pool: int = 132,
    ) -> None:
        self._kubeconfig = tuple(kubeconfig)
        self._impersonate = impersonate
        self._timeout = timeout
        self._environment = environment
        self._pool = pool
        self._lock = asyncio.Lock()
        self._opened: _Open | None = None
        self._transports: list[Transport] = []
        self._renewed_at = -_RENEWAL_PAUSE
        self._failure: tuple[float, KubeconfigError | None] = (0.0, None)
        self._pulse_lock = asyncio.Lock()
        self._pulse_taken: tuple[float, ClusterUnreachable | None] = (-_PULSE_PAUSE, None)
        self._heard_at: float | None = None
        self.closed = False
        self.connection = Connection(context=context, server="", kubeconfig=":".join(map(str, self._kubeconfig)))

    # --- silence ---

    @property
    def silence(self) -> float:
        """Seconds since anything came from the server, whatever it was asked; 0.0 before the first contact."""
        return 0.0 if self._heard_at is None else time.monotonic() - self._heard_at

    def _hear(self) -> None:
        self._heard_at = time.monotonic()

    async def ping(self) -> None:
        """Ask whether the server is there; an answer of any status says yes, else ClusterUnreachable is raised."""
        try:
            await self.read(Ask("ask whether the server is there", "/version"))
        except ClusterUnreachable:
            raise
        except ClusterError:
            pass  # refused or failed: it is there

    # --- requests ---------------------------------------------------------------------------------------------------

    async def read(self, ask: Ask, *, patient: bool = False, limit: int = _LARGEST_ANSWER) -> bytes:
        """The whole answer; `patient` bounds each silence instead of the whole, for answers that take their time."""
        silence = max(self._timeout, _PATIENCE) if patient else None
        async with self.stream(ask, silence=silence, total=None if patient else self._timeout) as response:
            return await _whole(response, limit, ask)

    async def answer(self, ask: Ask) -> tuple[bytes, tuple[str, ...]]:
        """The whole answer and its Warning headers."""
        async with self.stream(ask, silence=None, total=self._timeout) as response:
            return await _whole(response, _LARGEST_ANSWER, ask), response.warnings

    @asynccontextmanager
    async def stream(
        self, ask: Ask, *, silence: float | None, total: float | None = None, quiet: float | None = None
    ) -> AsyncIterator[Reply]:
        """An answer to be read piece by piece: at most `silence` between pieces, `total` altogether.

        With `quiet`, the server is asked whether it is still there whenever the answer has not begun for so long.
        """
        opened = await self._ready()
        try:
            response = await self._begun(self._send(opened, ask, silence, total), quiet)
        except Unauthorized as refused:
            opened = await self._again(opened, refused)
            response = await self._begun(self._send(opened, ask, silence, total), quiet)
        try:
            yield response
        finally:
            response.close()

    async def _begun(self, sending: Coroutine[None, None, Reply], quiet: float | None) -> Reply:
        """The answer's beginning, given up when the server is silent.

        Awaited by the caller's own task and cut by cancelling it, as asyncio.timeout does: a task in between would come
        to read a moment later, and aiohttp drops what it has buffered when a connection breaks before.
        """
        if quiet is None:
            return await sending
        caller = asyncio.current_task()
        assert caller is not None
        guard = asyncio.create_task(self._guard(caller, quiet))
        try:
            return await sending
        except asyncio.CancelledError:
            failure = guard.result() if guard.done() else None
            if failure is not None and caller.uncancel() == 0:
                raise failure from None
            raise
        finally:
            guard.cancel()

    async def _guard(self, caller: asyncio.Task[object], quiet: float) -> ClusterError:
        while True:
            await asyncio.sleep(quiet)
            try:
                await self._pulse()
            except ClusterError as error:
                caller.cancel()
                return error

    async def _send(self, opened: _Open, ask: Ask, silence: float | None, total: float | None) -> Reply:
        if self.closed:
            raise ClusterUnreachable("The connection has been closed")
        timeouts = Timeouts(connect=self._timeout, silence=silence, total=total)
        response = await opened.transport.send(ask, opened.identity.headers, timeouts)
        if response.status >= _HTTP_ERROR:
            body = await response.beginning(_LARGEST_FAILURE)
            raise answer_failed(response.status, body, response.headers, ask.what)
        return response

    async def pieces(self, reply: Reply, quiet: float) -> AsyncGenerator[bytes, None]:
        """What a stream brings; when it is quiet for so many seconds, make sure that the server is still there.

        A server that hangs or a host that is gone looks like a stream on which nothing happens.
        """
        while True:
            try:
                async with asyncio.timeout(quiet):
                    piece = await anext(reply, b"")
            except TimeoutError:
                await self._pulse()
                continue
            if not piece:
                return
            yield piece

    async def _pulse(self) -> None:
        """Raises when the server does not answer; many quiet streams share one question."""
        async with self._pulse_lock:
            asked_at, failure = self._pulse_taken
            if time.monotonic() - asked_at < _PULSE_PAUSE:
                if failure is not None:
                    raise ServerSilent(failure.what, failure.next_step)
                return
            try:
                await self.ping()
            except ClusterUnreachable as error:
                self._pulse_taken = (time.monotonic(), error)
                raise ServerSilent(error.what, error.next_step) from error
            self._pulse_taken = (time.monotonic(), None)

    # --- opening ----------------------------------------------------------------------------------------------------

    async def _ready(self) -> _Open:
        async with self._lock:
            if self.closed:
                raise ClusterUnreachable("The connection has been closed")
            if self._opened is None:
                self._opened = await self._open_unless_it_just_failed()
            elif not self._opened.identity.fresh(datetime.now(UTC)):
                self._opened = await self._with_new_identity(self._opened)
            return self._opened

    async def _open_unless_it_just_failed(self) -> _Open:
        """Several watches ask again and again; a login plugin that opens a browser must not."""
        failed_at, failure = self._failure
        if failure is not None and time.monotonic() - failed_at < _FAILURE_PAUSE:
            raise KubeconfigError(failure.what, failure.next_step)
        try:
            return await self._open(self.connection.context)
        except KubeconfigError as error:
            self._failure = (time.monotonic(), error)
            raise

    def retry(self) -> None:
        """The user asks again: what failed before may be tried at once."""
        self._failure = (0.0, None)

    async def _open(self, context: str) -> _Open:
        target = await in_daemon_thread(lambda: load_target(self._kubeconfig, context, self._environment))
        self.connection = _connection(target, self._impersonate, self.connection)
        credentials = Credentials(target, self._impersonate, self._environment)
        identity = await credentials.obtain()
        return _Open(target, credentials, identity, await self._transport(target, identity))

    async def _transport(self, target: Target, identity: Identity) -> Transport:
        def build() -> Transport:
            load_http()
            from cnitui.gateways.kubernetes.transport import Transport

            return Transport(target, identity, self._pool, self._hear)

        transport = await in_daemon_thread(build)
        self._transports.append(transport)
        return transport

    async def _again(self, used: _Open, refused: Unauthorized) -> _Open:
        """After a 401: what others renewed meanwhile, what the kubeconfig says now, or what the plugin answers next."""
        async with self._lock:
            if self.closed:
                raise refused
            if self._opened is not used and self._opened is not None:
                return self._opened
            if time.monotonic() - self._renewed_at < _RENEWAL_PAUSE:
                raise refused
            self._renewed_at = time.monotonic()
            self._opened = await self._reopened(used, refused)
            return self._opened

    async def _reopened(self, used: _Open, refused: Unauthorized) -> _Open:
        """The same context of the same server, or the refusal: a changed current-context must not lead us elsewhere."""
        try:
            target = await in_daemon_thread(
                lambda: load_target(self._kubeconfig, used.target.context, self._environment)
            )
        except KubeconfigError:
            raise refused from None
        if target.cluster != used.target.cluster:
            raise refused
        if target.user == used.target.user and not used.credentials.renewable:
            raise refused
        credentials = Credentials(target, self._impersonate, self._environment)
        return await self._with_new_identity(replace(used, target=target, credentials=credentials))

    async def _with_new_identity(self, opened: _Open) -> _Open:
        identity = await opened.credentials.obtain()
        old = opened.identity
        if (identity.certificate, identity.key) == (old.certificate, old.key):
            return replace(opened, identity=identity)
        return replace(opened, identity=identity, transport=await self._transport(opened.target, identity))

    async def close(self) -> None:
        """Cut everything; later requests are refused."""
        self.closed = True
        transports, self._transports = self._transports, []
        await asyncio.gather(*(transport.close() for transport in transports))


def _connection(target: Target, impersonate: str, before: Connection) -> Connection:
    name = impersonate or target.user.impersonate
    return replace(
        before,
        context=target.context,
        server=target.cluster.server or "",
        user=f"{target.user_name} as {name}" if name else target.user_name,
        namespace=target.namespace,
        kubeconfig=target.origin,
    )


async def _whole(response: Reply, limit: int, ask: Ask) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response:
        size += len(piece)
        if size > limit:
            raise ServerFailure(f"Could not {ask.what}: the answer is larger than {limit // 2**20} MiB")
        pieces.append(piece)
    return b"".join(pieces)
