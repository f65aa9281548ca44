"""Table against Textual's DataTable: fill 5,000 rows of 8 columns, then 500 cell changes a second.

usage: python -m bench.table [--rows 5000] [--rate 500] [--secs 3] [--size 200x50]

Printed for each: seconds to fill (up to the next idle moment) with the longest stall, the CPU share and lateness of
the event loop under changes, and sorting. Goals: fill at most 0.1 times DataTable's and at most 50 ms; changes at most
0.2 times its CPU share.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from bench.pseudo_terminal import measure, told, watched
from cnitui.tui.widgets.table.columns import Column
from cnitui.tui.widgets.table.table import Table

NAMES = ("NODE", "READY", "ROLE", "VERSION", "STATUS", "RESTARTS", "IP", "AGE")
COLUMNS = tuple(Column(name.lower(), name, glyph=name == "STATUS") for name in NAMES)


def row(n: int) -> tuple[str, ...]:
    """One node's row."""
    bad = n % 3 == 1
    status = "Init:CrashLoopBackOff" if bad else "Running"
    ready = "NotReady" if bad else "Ready"
    return (
        f"worker-{n:04d}",
        ready,
        "<none>",
        "v1.31.0",
        status,
        str(n % 40),
        f"10.240.{n >> 8}.{n & 255}",
        f"{n % 60}m",
    )


class Driven(App[None]):
    """An app with a table that is filled, changed and sorted."""

    def __init__(self, rows: int, rate: int, secs: float, out: Path) -> None:
        super().__init__()
        self.rows = [row(n) for n in range(rows)]
        self.rate, self.secs, self.out = rate, secs, out

    def fill(self) -> None:
        raise NotImplementedError

    def change(self, key: str, value: str) -> None:
        raise NotImplementedError

    def sort(self) -> None:
        raise NotImplementedError

    def on_mount(self) -> None:
        self.run_worker(self.drive())

    async def drive(self) -> None:
        await asyncio.sleep(0.5)
        gc.freeze()
        steps = [
            await watched(self.done(self.fill)),
            await watched(self.changes()),
            await watched(self.done(self.sort)),
        ]
        await asyncio.to_thread(self.out.write_text, json.dumps(steps))
        self.exit()

    async def done(self, work: Callable[[], None]) -> None:
        idle = asyncio.Event()
        work()
        self.call_after_refresh(idle.set)
        await idle.wait()

    async def changes(self) -> None:
        dice, start, done = random.Random(1), time.perf_counter(), 0
        while (now := time.perf_counter() - start) < self.secs:
            for _ in range(min(int(now * self.rate) - done, self.rate)):
                self.change(self.rows[dice.randrange(len(self.rows))][0], str(dice.randrange(100)))
                done += 1
            await asyncio.sleep(0.02)


class Ours(Driven):
    """Our table."""

    def compose(self) -> ComposeResult:
        yield Table(COLUMNS)

    def fill(self) -> None:
        table = self.query_one(Table)
        table.show((cells[0], cells) for cells in self.rows)
        table.flush()

    def change(self, key: str, value: str) -> None:
        self.query_one(Table).set_cell(key, "restarts", value)

    def sort(self) -> None:
        self.query_one(Table).sort("status")


class Theirs(Driven):
    """DataTable."""

    def compose(self) -> ComposeResult:
        yield DataTable[str](cursor_type="row")

    @property
    def table(self) -> DataTable[str]:
        table: DataTable[str] = self.query_one(DataTable)
        return table

    def fill(self) -> None:
        for name in NAMES:
            self.table.add_column(name, key=name.lower())
        for cells in self.rows:
            self.table.add_row(*cells, key=cells[0])

    def change(self, key: str, value: str) -> None:
        self.table.update_cell(key, "restarts", value)

    def sort(self) -> None:
        self.table.sort("status", "node")


KINDS: dict[str, type[Driven]] = {"ours": Ours, "theirs": Theirs}


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        kind, count, rate, secs, out = sys.argv[2:7]
        KINDS[kind](int(count), int(rate), float(secs), Path(out)).run()
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--secs", type=float, default=3.0)
    parser.add_argument("--size", default="200x50")
    asked = parser.parse_args()
    columns, rows = map(int, asked.size.split("x"))
    arguments = [str(asked.rows), str(asked.rate), str(asked.secs)]
    steps = {kind: measure("bench.table", [kind, *arguments], (columns, rows)) for kind in KINDS}
    for place, name in enumerate(("fill", "changes", "sort")):
        for kind, seen in steps.items():
            print(f"{name:8} {kind:7} {told(seen[place])}")
    ours, theirs = steps["ours"], steps["theirs"]
    print(f"fill {ours[0]['wall'] / theirs[0]['wall']:.3f}x, CPU of changes {ours[1]['cpu'] / theirs[1]['cpu']:.2f}x")


if __name__ == "__main__":
    main()
