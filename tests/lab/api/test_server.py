"""The server as a program that starts and stops."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from cnitui.lab.lab import Lab
from tests.lab.api.test_api import PODS
from tests.lab.conftest import Api


async def test_it_stops_at_once_while_a_request_waits(lab: Lab, api: Api) -> None:
    lab.api.faults.slow(PODS, 600)
    waiting = asyncio.create_task(api.call("GET", PODS))
    await lab.until(lambda: f"GET {PODS}" in lab.api.requests)
    async with asyncio.timeout(5):
        await lab.api.stop()
    with pytest.raises(aiohttp.ClientError):
        await waiting
