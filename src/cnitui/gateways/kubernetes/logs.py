"""Container logs, read once or followed, as bytes with the kubelet's timestamp before each line."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC

from cnitui.domain.exchange import LogRequest
from cnitui.gateways.kubernetes.asking import Ask, path_of, query_of
from cnitui.gateways.kubernetes.session import Session

_PATIENCE = 60.0
LARGEST_LOG = 64 * 2**20
"""Bytes read at most when the request names no bound: a 100 MB log must not fill the memory."""


async def read_log(session: Session, request: LogRequest) -> bytes:
    """The log as it is now, from its beginning (or `tail`, `since`) up to the bound."""
    bound = min(request.limit_bytes or LARGEST_LOG, LARGEST_LOG)
    read = bytearray()
    async with session.stream(_ask(request, bound), silence=_PATIENCE) as reply:
        async for piece in reply:
            read += piece
            if len(read) >= bound:
                break
    return bytes(read[:bound])


async def follow_log(session: Session, request: LogRequest, quiet: float) -> AsyncGenerator[bytes, None]:
    """Pieces as they come; ends when the container has ended, raises ClusterUnreachable when the stream was cut.

    A silent container is no failure, so silence has no bound; the server is asked now and then whether it is there.
    """
    ask = _ask(request, request.limit_bytes, follow="true")
    async with (
        session.stream(ask, silence=None, quiet=quiet) as reply,
        aclosing(session.pieces(reply, quiet)) as pieces,
    ):
        async for piece in pieces:
            yield piece


def _ask(request: LogRequest, bound: int | None, follow: str = "") -> Ask:
    return Ask(
        what=f"read the log of {request.container} of {request.pod} in {request.namespace}",
        path=path_of("api", "v1", "namespaces", request.namespace, "pods", request.pod, "log"),
        query=query_of(
            (
                ("container", request.container),
                ("timestamps", "true"),
                ("follow", follow),
                ("previous", "true" if request.previous else ""),
                ("tailLines", "" if request.tail is None else str(request.tail)),
                ("sinceTime", _moment(request)),
                ("limitBytes", "" if bound is None else str(bound)),
            )
        ),
    )


def _moment(request: LogRequest) -> str:
    """Whole seconds: the API server hands sinceTime on to the kubelet without the fraction anyway."""
    return request.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if request.since is not None else ""
