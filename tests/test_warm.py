"""A run of the warm server is what a process of the program's own is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.running import PROGRAM, cnitui, ended, environment

PIPE = asyncio.subprocess.PIPE


@pytest.mark.parametrize(
    "words", [("--version",), ("info",), ("explain", "disk-full"), ("diagnose", "--nope"), ("diagnose", "-o", "json")]
)
async def test_it_writes_and_ends_as_one_that_imports_everything_itself(words: tuple[str, ...], tmp_path: Path) -> None:
    alone = await asyncio.create_subprocess_exec(
        *PROGRAM, *words, env=environment(tmp_path), stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE
    )
    assert await cnitui(tmp_path, *words) == await ended(alone)
