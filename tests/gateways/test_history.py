"""Typed commands on disk: private, bounded, each once; whatever else is in the file does no harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnitui.errors import StateError
from cnitui.gateways.history import LONGEST, MOST, CommandHistory


async def test_commands_come_back_oldest_first_each_once_and_for_their_owner_only(tmp_path: Path) -> None:
    history = CommandHistory(tmp_path / "state")
    assert await history.lines() == ()
    for line in ("logs", "node worker-17", "logs"):
        await history.add(line)
    assert await CommandHistory(tmp_path / "state").lines() == ("node worker-17", "logs")
    file = tmp_path / "state" / "history"
    assert [one.stat().st_mode & 0o777 for one in (file, file.parent)] == [0o600, 0o700]


async def test_it_stays_small(tmp_path: Path) -> None:
    history = CommandHistory(tmp_path)
    (tmp_path / "history").write_text("".join(f"node n-{number}\n" for number in range(MOST + 50)))
    await history.add("quit")
    await history.add("x" * (LONGEST + 1))
    lines = (tmp_path / "history").read_text().splitlines()
    assert len(lines) == MOST
    assert lines[-1] == "quit"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00logs\n", b"a" * 1_000_000, b"\x1b[2J\n\n\nnode a\tb\n", b""])
async def test_garbage_in_the_file_is_left_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "history").write_bytes(content)
    history = CommandHistory(tmp_path)
    assert all(line.isprintable() and len(line) <= LONGEST for line in await history.lines())
    await history.add("logs")
    assert (await history.lines())[-1] == "logs"


async def test_what_cannot_be_written_is_said_and_what_cannot_be_read_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    history = CommandHistory(tmp_path / "state")
    assert await history.lines() == ()
    with pytest.raises(StateError, match="history cannot be written"):
        await history.add("logs")
