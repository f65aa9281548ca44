"""What each `api` fault does, as a context: it holds inside, and leaves nothing behind but what clients made of it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from cnitui.lab.faults.grammar import Fault
    from cnitui.lab.lab import Lab

T = TypeVar("T")


@contextlib.asynccontextmanager
async def _listed(entries: list[T], entry: T) -> AsyncIterator[None]:
    entries.append(entry)
    yield
    entries.remove(entry)


def _latency(lab: Lab, fault: Fault) -> AbstractAsyncContextManager[None]:
    return _listed(lab.faults.delays, (fault.pattern, fault.number))


def _drip(lab: Lab, fault: Fault) -> AbstractAsyncContextManager[None]:
    return _listed(lab.faults.drips, (fault.pattern, int(fault.value)))


def _cut(lab: Lab, fault: Fault) -> AbstractAsyncContextManager[None]:
    return _listed(lab.faults.cuts, (fault.pattern, int(fault.value)))


@contextlib.asynccontextmanager
async def _status(lab: Lab, fault: Fault) -> AsyncIterator[None]:
    made = lab.faults.respond(int(fault.value), fault.where)
    yield
    lab.faults.responses.remove(made)


@contextlib.asynccontextmanager
async def _stall(lab: Lab, fault: Fault) -> AsyncIterator[None]:
    pattern = fault.pattern
    lab.faults.stall(pattern)
    yield
    lab.faults.ease(pattern)


@contextlib.asynccontextmanager
async def _down(lab: Lab, _: Fault) -> AsyncIterator[None]:
    await lab.stop_api()
    yield
    await lab.start_api()


@contextlib.asynccontextmanager
async def _half_open(lab: Lab, _: Fault) -> AsyncIterator[None]:
    lab.api.connections.go_dead()
    yield
    lab.api.connections.reset_dead()


@contextlib.asynccontextmanager
async def _certificate(lab: Lab, fault: Fault) -> AsyncIterator[None]:
    lab.show_certificate(fault.value)
    yield
    lab.show_certificate("")


@contextlib.asynccontextmanager
async def _new_tokens(lab: Lab, _: Fault) -> AsyncIterator[None]:
    lab.renew_tokens()
    yield


ON_API: Mapping[str, Callable[[Lab, Fault], AbstractAsyncContextManager[None]]] = {
    "latency": _latency,
    "status": _status,
    "stall": _stall,
    "drip": _drip,
    "cut": _cut,
    "down": _down,
    "half-open": _half_open,
    "certificate": _certificate,
    "new-tokens": _new_tokens,
}
