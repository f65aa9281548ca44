"""Blocking calls beside the event loop: their outcome comes back, and nobody waits for one that was given up."""

from __future__ import annotations

import asyncio
import threading

import pytest

from cnitui.background import DaemonThread, in_daemon_thread


async def test_what_it_answers_or_raises_comes_back() -> None:
    assert await in_daemon_thread(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await in_daemon_thread(lambda: 1 / 0)


async def test_a_call_that_is_given_up_is_left_behind_in_a_thread_that_exit_does_not_wait_for() -> None:
    begun, end, left = threading.Event(), threading.Event(), list[threading.Thread]()

    def hang() -> None:
        left.append(threading.current_thread())
        begun.set()
        end.wait()

    waiting = asyncio.create_task(in_daemon_thread(hang))
    await asyncio.to_thread(begun.wait)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    (thread,) = left
    assert thread.is_alive()
    assert thread.daemon
    end.set()
    thread.join()


async def test_one_thread_does_its_calls_in_turn_until_it_is_stopped() -> None:
    thread = DaemonThread("in-turn")
    seen = list[tuple[str, threading.Thread]]()
    first, second = (
        asyncio.create_task(thread.run(lambda name=name: seen.append((name, threading.current_thread()))))  # type: ignore[misc]
        for name in ("first", "second")
    )
    await asyncio.gather(first, second)
    thread.stop()
    ((one, a), (two, b)) = seen
    assert (one, two) == ("first", "second")
    assert a is b
    assert a.daemon
    await asyncio.to_thread(a.join)
