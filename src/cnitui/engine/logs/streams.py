"""Reading a stream in bounded slices, and waiting for whichever of several things comes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine

from cnitui.engine.logs.kept import Entry, LineBuffer

SLICE = 128 << 10
"""Bytes taken from a stream before the event loop gets its turn."""


async def entries_of(stream: AsyncIterator[bytes], buffer: LineBuffer) -> AsyncIterator[list[Entry]]:
    """The lines of a stream, slice by slice; an empty list tells that the server has answered without a line yet."""
    taken = 0
    try:
        async for chunk in stream:
            for at in range(0, max(1, len(chunk)), SLICE):
                part = chunk[at : at + SLICE]
                yield buffer.feed(part) if part else []
                taken += len(part)
                if taken >= SLICE:
                    taken = 0
                    await asyncio.sleep(0)
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()


async def either(*waits: Coroutine[object, object, object] | asyncio.Task[None]) -> None:
    """Wait for the first; coroutines are cancelled afterwards, tasks go on."""
    tasks = [wait if isinstance(wait, asyncio.Task) else asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task, wait in zip(tasks, waits, strict=True):
            if task is not wait:
                await cancelled(task)


async def cancelled(task: asyncio.Task[object] | asyncio.Task[None]) -> None:
    """End the task and wait until it has ended; how it failed is for others to read."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()
