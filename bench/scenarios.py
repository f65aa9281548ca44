"""Prints what every scenario of the lab comes to in every way of looking at it: `python -m bench.scenarios [NAME …]`.

Ways: over SSH, by Jobs (`--node-access pod`), from the case file that was saved, without node access, from the same
answers pasted. `offered` are the plans that cnitui would carry out; `mended by` is the change after which every pod
runs and every node is Ready, and which breaks it again when it is taken back.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from cnitui.lab.scenarios import SCENARIOS
from tests.engine.scenario_trials import CURES, WAYS, Trial, healed_and_back, tried

BAD = ("WRONG", "ASKS NOTHING", "NOT MENDED")


async def row(name: str) -> tuple[Trial, str]:
    """One scenario, and what mends it."""
    with tempfile.TemporaryDirectory() as folder:
        trial = await tried(name, Path(folder))
    cure = CURES.get(name)
    if cure is None:
        return trial, "-"
    try:
        await healed_and_back(name, cure)
    except TimeoutError:
        return trial, f"NOT MENDED: {cure.words}"
    return trial, cure.words


def told(trial: Trial, mended: str) -> tuple[str, ...]:
    """The cells of a row."""
    plans = ", ".join(trial.offered) or "-"
    return (trial.name, ", ".join(trial.answers) or "-", *(trial.cell(way) for way in WAYS), plans, mended)


def main() -> int:
    """0 when nothing is wrong."""
    logging.disable(logging.ERROR)
    names = sys.argv[1:] or [scenario.name for scenario in SCENARIOS]
    began, used = time.perf_counter(), time.process_time()
    header = ("scenario", "answer", *WAYS, "offered", "mended by")
    rows = [header, *(told(*asyncio.run(row(name))) for name in names)]
    widths = [max(len(cells[place]) for cells in rows) for place in range(len(header))]
    for cells in rows:
        sys.stdout.write(
            "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() + "\n"
        )
    took = f"{len(names)} scenarios, {time.perf_counter() - began:.0f} s, {time.process_time() - used:.0f} s of CPU\n"
    sys.stderr.write(took)
    return int(
        any(word in cell for cells in rows for word in ("WRONG", "ASKS NOTHING", "NOT MENDED") for cell in cells)
    )


if __name__ == "__main__":
    sys.exit(main())
