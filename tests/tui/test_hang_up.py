"""Whether a terminal is still there, asked of the system."""

from __future__ import annotations

import os
import select

import pytest

from cnitui.tui.app import _hung_up


def test_a_terminal_is_there_until_its_other_end_is_closed() -> None:
    master, slave = os.openpty()
    assert not _hung_up(slave)
    os.close(master)
    assert _hung_up(slave)
    os.close(slave)
    assert _hung_up(slave), "what is closed is gone as well"


def test_a_poll_that_knows_no_terminals_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Poll:
        def register(self, descriptor: int, _: int) -> None:
            self.descriptor = descriptor

        def poll(self, _: int) -> list[tuple[int, int]]:
            return [(self.descriptor, select.POLLNVAL)]

    master, slave = os.openpty()
    monkeypatch.setattr(select, "poll", Poll)
    assert not _hung_up(slave)
    os.close(slave)
    assert _hung_up(slave)
    os.close(master)
