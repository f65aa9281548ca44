"""Text of any size and from any pipe: the beginning, the end and what tells of trouble stay; nobody waits for ever."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cnitui.gateways import paste_input
from cnitui.gateways.paste_input import bounded, file_text, piped_text
from tests.running import cnitui

ERROR = b"cp: cannot create regular file '/host/opt/cni/bin/calico': Read-only file system\n"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was told; with bounds of a few hundred bytes."""
    for name, size in (("HEAD", 100), ("MIDDLE", 200), ("TAIL", 100)):
        monkeypatch.setattr(paste_input, name, size)
    return []


def numbered(first: int, last: int) -> list[bytes]:
    return [b"line %d\n" % number for number in range(first, last)]


def test_what_fits_is_kept_as_it_is(told: list[str]) -> None:
    lines = numbered(0, 20)
    assert bounded(lines, told.append) == b"".join(lines)
    assert told == []


def test_of_too_much_the_ends_and_the_trouble_between_are_kept(told: list[str]) -> None:
    text = bounded([*numbered(0, 500), ERROR, *numbered(500, 1000)], told.append).decode()
    assert text.startswith("line 0\n")
    assert text.endswith("line 999\n")
    assert "Read-only file system" in text
    assert len(text) < 500
    assert told == [
        f"the text is very long: {1001 - text.count(chr(10)):,} lines without any sign of trouble were left out"
    ]


def test_trouble_without_end_is_bounded_too(told: list[str]) -> None:
    assert len(bounded([ERROR] * 1000, told.append)) < 100 + 200 + 100 + 3 * len(ERROR)


def test_a_line_without_end_is_cut(tmp_path: Path, told: list[str]) -> None:
    path = tmp_path / "endless.txt"
    path.write_bytes(b"x" * (5 << 20))
    assert len(file_text(path, told.append)) <= paste_input.LONGEST_LINE


def test_a_pipe_that_stays_open_is_judged_on_what_came(monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    monkeypatch.setattr(paste_input, "IDLE", 0.05)
    reading, writing = os.pipe()
    os.write(writing, ERROR)
    with os.fdopen(reading) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert piped_text(told.append) == ERROR
    os.close(writing)
    assert told == ["standard input is still open; this is judged on what came until now"]


async def test_a_long_log_is_judged_and_what_was_left_out_is_told(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    with path.open("wb") as file:
        filler = b"2026-03-04 05:06:07.890 [INFO][1] startup.go 50: all is well\n" * 1000
        for number in range(400):
            file.write(filler)
            file.write(ERROR if number == 200 else b"")
    assert path.stat().st_size > paste_input.HEAD + paste_input.TAIL
    told = await cnitui(tmp_path, "diagnose", "--text", path, "-o", "text")
    assert (told.code, "CONFIRMED" in told.out, "were left out" in told.err) == (3, True, True)
