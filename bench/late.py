"""The program as it is, with a sleeper in its event loop that notes how late it is woken; figures go to a file.

Only `scale.py` starts it: watching the loop fifty times a second costs what the idle figure must not count.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import cnitui.launch
from cnitui import cli
from cnitui.tui.app import CnituiApp

EVERY = 0.02


class Watched(CnituiApp):
    """The application, watched from the first frame until somebody quits."""

    CSS_PATH = str(Path(cnitui.launch.__file__).parent / "tui" / "cnitui.tcss")

    def on_mount(self) -> None:
        super().on_mount()
        self.late: list[float] = []
        self._sleeper = asyncio.create_task(self._note())

    async def _note(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(EVERY)
            self.late.append((time.perf_counter() - before - EVERY) * 1e3)

    async def action_quit(self) -> None:
        late = sorted(self.late)
        figures = {"p50": late[len(late) // 2], "p99": late[int(len(late) * 0.99)], "max": late[-1]}
        Path(sys.argv[1]).write_text(json.dumps(figures), "utf-8")  # noqa: ASYNC240 - at the very end
        await super().action_quit()


if __name__ == "__main__":
    cnitui.launch.__dict__["CnituiApp"] = Watched
    cli.run(args=[], prog_name="cnitui")
