"""The two classes we take from `kubernetes.aio`; the only importer of it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Protocol

from cnitui.gateways.kubernetes.lean_import import load_client

load_client()

from kubernetes.aio.client.configuration import Configuration as Configuration  # noqa: E402 - loaded above
from kubernetes.aio.client.rest import RESTClientObject  # noqa: E402 - loaded above

if TYPE_CHECKING:
    import aiohttp
    from multidict import CIMultiDict


class Answered(Protocol):
    """What a request leads to: the status and headers are there, the body is not read yet."""

    response: aiohttp.ClientResponse


class RestClient(Protocol):
    """The part of the client's REST layer that we use."""

    ssl_context: ssl.SSLContext

    async def request(
        self, method: str, url: str, *, headers: CIMultiDict[str], body: object, _request_timeout: aiohttp.ClientTimeout
    ) -> Answered:
        """Send one request; any status is an answer."""

    async def close(self) -> None:
        """End its session."""


def rest_client(configuration: Configuration) -> RestClient:
    """The REST layer of the client; raises ssl.SSLError and ValueError for certificates that are none."""
    made: RestClient = RESTClientObject(configuration)
    return made
