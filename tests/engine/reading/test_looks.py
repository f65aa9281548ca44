"""Probes by subject and kind: once per key, side by side, cancelled when their key is outdated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from cnitui.engine.probes.cluster import Readings
from cnitui.engine.reading.looks import Looks
from cnitui.engine.reading.turns import Turns
from cnitui.errors import NodeUnreachable
from tests.engine.fake_cluster import FakeClock


class Desk:
    """Looks, and what came of them."""

    def __init__(self, at_once: int = 50) -> None:
        self.arrived: list[Readings] = []
        self.changes = 0
        self.looks = Looks(FakeClock(), self.arrived.append, self._changed, Turns(at_once, at_once))
        self.begun: list[str] = []
        self.gate = asyncio.Event()

    def _changed(self) -> None:
        self.changes += 1

    def want(self, subject: str, key: object, error: Exception | None = None, kind: str = "node") -> None:
        async def probe() -> Readings:
            self.begun.append(subject)
            await self.gate.wait()
            if error is not None:
                raise error
            return ()

        self.looks.want(subject, kind, key, probe)

    async def until(self, fact: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not fact():
                await asyncio.sleep(0)

    async def idle(self) -> None:
        await self.until(lambda: not self.looks.running)


async def test_a_probe_runs_once_per_key_and_again_for_the_next() -> None:
    desk = Desk()
    desk.gate.set()
    for key in ("a", "a", "b", "b"):
        desk.want("worker-01", key)
        await desk.idle()
    assert desk.begun == ["worker-01", "worker-01"]
    assert len(desk.arrived) == 2


async def test_a_newer_key_ends_the_probe_of_the_older_one() -> None:
    desk = Desk()
    desk.want("worker-01", "old")
    await desk.until(lambda: desk.begun)
    desk.want("worker-01", "new")
    desk.gate.set()
    await desk.idle()
    assert len(desk.begun) == 2
    assert len(desk.arrived) == 1


async def test_a_subject_is_asking_until_all_its_kinds_have_answered() -> None:
    desk = Desk()
    desk.want("worker-01", "a", kind="pod")
    desk.want("worker-01", "a", NodeUnreachable("refused", node="worker-01"))
    await desk.until(lambda: len(desk.begun) == 2)
    assert desk.looks.states["worker-01"].phase == "asking"
    desk.gate.set()
    await desk.idle()
    look = desk.looks.states["worker-01"]
    assert (look.phase, str(look.error)) == ("failed", "refused")


async def test_a_bug_in_one_probe_is_its_own_failure(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.gate.set()
    desk.want("worker-01", "a", ValueError("[/x]"))
    desk.want("worker-02", "a")
    await desk.idle()
    assert desk.looks.states["worker-02"].phase == "done"
    look = desk.looks.states["worker-01"]
    assert look.error is not None
    assert "cnitui itself failed here: ValueError('[/x]')" in look.error.what
    assert "ValueError" in caplog.text


async def test_no_more_than_so_many_run_at_once() -> None:
    desk = Desk(at_once=2)
    for number in range(5):
        desk.want(f"worker-{number}", "a")
    await desk.until(lambda: len(desk.begun) == 2)
    assert desk.looks.running == 5
    desk.gate.set()
    await desk.idle()
    assert len(desk.begun) == 5


async def test_again_looks_anew_at_one_subject_one_kind_or_all() -> None:
    desk = Desk()
    desk.gate.set()

    async def want_all() -> None:
        desk.begun.clear()
        for subject in ("worker-01", "worker-02"):
            desk.want(subject, "a", kind="pod")
            desk.want(subject, "a")
        await desk.idle()

    await want_all()
    desk.looks.again("worker-01")
    await want_all()
    assert desk.begun == ["worker-01", "worker-01"]
    desk.looks.again(kinds=("pod",))
    await want_all()
    assert desk.begun == ["worker-01", "worker-02"]
    desk.looks.again()
    await want_all()
    assert len(desk.begun) == 4


async def test_a_forgotten_subject_takes_its_probe_and_its_failure_along() -> None:
    desk = Desk()
    desk.gate.set()
    desk.want("worker-01", "a", NodeUnreachable("refused", node="worker-01"))
    await desk.idle()
    desk.gate.clear()
    desk.want("worker-01", "a", kind="pod")
    await desk.until(lambda: len(desk.begun) == 2)
    before = desk.changes
    desk.looks.forget({"worker-01"})
    assert desk.looks.states == {}
    assert not desk.looks.running
    assert desk.changes == before + 1
    desk.gate.set()
    desk.want("worker-01", "b", kind="pod")
    await desk.idle()
    assert desk.looks.states["worker-01"].phase == "done"


async def test_closing_ends_what_is_under_way() -> None:
    desk = Desk()
    desk.want("worker-01", "a")
    await desk.until(lambda: desk.begun)
    await desk.looks.close()
    assert desk.arrived == []


async def test_a_stop_ends_what_is_under_way_and_begins_it_again_only_when_somebody_asks() -> None:
    desk = Desk()
    desk.want("worker-01", "a")
    desk.want("worker-02", "a")
    await desk.until(lambda: len(desk.begun) == 2)
    why = NodeUnreachable("you stopped the reading")
    assert await desk.looks.stop(lambda _: why) == ("worker-01", "worker-02")
    assert desk.looks.running == 0
    assert {(look.phase, look.error) for look in desk.looks.states.values()} == {("failed", why)}
    desk.gate.set()
    desk.want("worker-01", "a")
    assert desk.looks.running == 0, "it is the same question still"
    desk.looks.again("worker-01")
    desk.want("worker-01", "a")
    await desk.idle()
    assert desk.looks.states["worker-01"].phase == "done"
    assert len(desk.arrived) == 1
