"""Log panes against Textual's RichLog: the rate they keep up with, and what 100,000 kept lines weigh.

usage: python -m bench.log_pane [--panes 1,16] [--rate 50000] [--secs 3] [--size 200x50]

Lines arrive every 20 ms, spread over the panes. Printed: lines/s taken, lateness of the event loop in ms (p50, p99,
max) and CPU share; for RichLog the highest rate of a ladder that it keeps up with (95 % taken, p99 at most 50 ms);
and the bytes that 100,000 kept lines take, over their raw size. Goals: p99 at most 33 ms at 16 panes and 50,000
lines/s; at least 100 times RichLog's rate; at most 1.5 times the raw bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import cast

from textual.app import App, ComposeResult
from textual.containers import Grid
from textual.widgets import RichLog

from bench.pseudo_terminal import measure, told, watched
from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.kept import KeptLines, LineBuffer
from cnitui.engine.ports import Clock, ClusterApi
from cnitui.tui.widgets.log.grid import LogGrid

LINE = (
    "2026-11-23T02:05:11.%09dZ 2026-11-23 02:05:11.%03d [ERROR][1] cni-installer/<nil> <nil>: "
    "/host/opt/cni/bin/calico is not writeable, open: permission denied (line %07d)"
)
LADDER = (250, 500, 1000, 2000, 4000)


def lines(count: int) -> list[bytes]:
    """Log lines as the API server sends them."""
    return [(LINE % (n, n % 1000, n)).encode() for n in range(count)]


def weight() -> float:
    """Bytes kept for 100,000 lines over their raw bytes."""
    raw = b"\n".join(lines(100_000)) + b"\n"
    chunks = [raw[at : at + 65_536] for at in range(0, len(raw), 65_536)]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept, buffer = KeptLines(), LineBuffer()
    for chunk in chunks:
        kept.add(buffer.feed(chunk))
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return taken / len(raw)


class Driven(App[None]):
    """An app whose panes get lines at the given rates, one after the other."""

    def __init__(self, panes: int, rates: list[int], secs: float, out: Path) -> None:
        super().__init__()
        self.panes, self.rates, self.secs, self.out = panes, rates, secs, out
        self.pool = lines(50_000)

    def add(self, pane: int, start: int, count: int) -> None:
        """Give a pane lines of the pool."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.run_worker(self.drive())

    async def drive(self) -> None:
        await asyncio.sleep(1)
        gc.freeze()
        steps = [await self.step(rate) for rate in self.rates]
        await asyncio.to_thread(self.out.write_text, json.dumps(steps))
        self.exit()

    async def step(self, rate: int) -> dict[str, float]:
        given = 0

        async def offer() -> None:
            nonlocal given
            start = time.perf_counter()
            while (now := time.perf_counter() - start) < self.secs:
                due = min(int(now * rate) - given, rate)
                for pane in range(self.panes):
                    share = (due + pane) // self.panes
                    self.add(pane, given % (len(self.pool) - share - 1), share)
                    given += share
                await asyncio.sleep(0.02)

        seen = await watched(offer())
        return {"rate": rate, "taken": given / seen["wall"], **seen}


class Ours(Driven):
    """LogGrid."""

    def compose(self) -> ComposeResult:
        yield LogGrid()

    def on_mount(self) -> None:
        api, clock = cast(ClusterApi, None), cast(Clock, None)
        self.feeds = [LogFeed(api, clock, node=f"worker-{n:02d}", container="install-cni") for n in range(self.panes)]
        self.call_after_refresh(self.query_one(LogGrid).show, self.feeds)
        super().on_mount()

    def add(self, pane: int, start: int, count: int) -> None:
        self.feeds[pane].take_lines(self.pool[start : start + count])


class Theirs(Driven):
    """RichLog."""

    def compose(self) -> ComposeResult:
        self.styles.layout = "vertical"
        grid = Grid(*(RichLog(max_lines=20_000) for _ in range(self.panes)))
        grid.styles.grid_size_columns = 1 if self.panes == 1 else 4
        yield grid

    def add(self, pane: int, start: int, count: int) -> None:
        log = list(self.query(RichLog))[pane]
        for line in self.pool[start : start + count]:
            log.write(line.decode())


KINDS: dict[str, Callable[[int, list[int], float, Path], Driven]] = {"ours": Ours, "theirs": Theirs}


def compare(panes: int, rate: int, secs: float, size: tuple[int, int]) -> None:
    """Print one row of the comparison."""
    (ours,) = measure("bench.log_pane", ["ours", str(panes), json.dumps([rate]), str(secs)], size)
    ladder = measure("bench.log_pane", ["theirs", str(panes), json.dumps(LADDER), str(secs)], size)
    fine = [step["rate"] for step in ladder if step["p99"] <= 50 and step["taken"] >= 0.95 * step["rate"]]
    best = max(fine, default=LADDER[0] - 1)
    print(f"{panes:2d} panes: {told(ours)}")
    print(f"          RichLog keeps up with {best:.0f}/s: ratio {ours['taken'] / best:.0f}x")


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        kind, count, rates, secs, out = sys.argv[2:7]
        KINDS[kind](int(count), json.loads(rates), float(secs), Path(out)).run()
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panes", default="1,16")
    parser.add_argument("--rate", type=int, default=50_000)
    parser.add_argument("--secs", type=float, default=3.0)
    parser.add_argument("--size", default="200x50")
    asked = parser.parse_args()
    columns, rows = map(int, asked.size.split("x"))
    for panes in map(int, asked.panes.split(",")):
        compare(panes, asked.rate, asked.secs, (columns, rows))
    print(f"100,000 kept lines: {weight():.2f}x their raw bytes")


if __name__ == "__main__":
    main()
