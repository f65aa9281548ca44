"""Makes the README's pictures from the lab: SVG as Textual draws it, PNG rendered from that.

`make screenshots` runs it. Fonts are those of this machine: the SVG's web font is taken out, so that the pictures need
no network to be looked at.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from cnitui.compose import opening
from cnitui.engine.state import State
from cnitui.lab import Lab
from cnitui.settings import NodeAccess, Settings
from cnitui.tui.app import CnituiApp

HERE = Path(__file__).resolve().parent
FONT = "DejaVu Sans Mono"
Condition = Callable[[State], bool]
Run = Pilot[int]


@dataclass(frozen=True)
class Shot:
    """One picture: its name, the terminal's size, and how to get there."""

    name: str
    size: tuple[int, int]
    prepare: Callable[[Run, CnituiApp], Awaitable[None]]
    scenario: str = "selinux-denial"
    nodes: int = 3
    node_access: NodeAccess = "ssh"


async def until(pilot: Run, app: CnituiApp, condition: Condition) -> None:
    """Let the app run until its state is so."""
    async with asyncio.timeout(60):
        while app.state is None or not condition(app.state):
            await pilot.pause(0.05)
    await pilot.pause(1.2)  # changed cells are bright for a second


async def overview(pilot: Run, app: CnituiApp) -> None:
    await until(pilot, app, lambda state: state.settled and bool(state.failing))


async def groups(pilot: Run, app: CnituiApp) -> None:
    """Until an odd node was found among the many."""
    await until(pilot, app, lambda state: state.settled and any(cohort.apart_from for cohort in state.cohorts))


async def group_steps(pilot: Run, app: CnituiApp) -> None:
    await groups(pilot, app)
    await pilot.press("f4")
    await pilot.pause(0.5)


def step(number: int) -> Callable[[Run, CnituiApp], Awaitable[None]]:
    async def prepare(pilot: Run, app: CnituiApp) -> None:
        await overview(pilot, app)
        await pilot.press("f4", *["right"] * (number - 1))
        await pilot.pause(0.3)

    return prepare


def pane(*keys: str) -> Callable[[Run, CnituiApp], Awaitable[None]]:
    async def prepare(pilot: Run, app: CnituiApp) -> None:
        await overview(pilot, app)
        await pilot.press(*keys)
        await pilot.pause(0.5)

    return prepare


def listings(*keys: str) -> Callable[[Run, CnituiApp], Awaitable[None]]:
    async def prepare(pilot: Run, app: CnituiApp) -> None:
        await overview(pilot, app)
        await pilot.press("j", "j", "f3", "enter", *keys)
        await pilot.pause(0.5)

    return prepare


async def preview(pilot: Run, app: CnituiApp) -> None:
    await step(7)(pilot, app)
    await pilot.press("enter")
    await until(pilot, app, lambda state: state.repair.preview is not None)


async def confirm(pilot: Run, app: CnituiApp) -> None:
    await preview(pilot, app)
    await pilot.press("a")
    await pilot.pause(0.5)


async def read_nodes(pilot: Run, app: CnituiApp) -> None:
    await overview(pilot, app)
    await pilot.press("b")
    await pilot.pause(1.0)


async def experiment(pilot: Run, app: CnituiApp) -> None:
    await step(6)(pilot, app)
    await pilot.press("e")
    await pilot.pause(1.0)
    assert app.state is not None
    await pilot.press("tab", *app.state.connection.context, "tab", "tab", "enter")
    await until(pilot, app, lambda state: bool(state.trials.found))


async def verification(pilot: Run, app: CnituiApp) -> None:
    await confirm(pilot, app)
    assert app.state is not None
    await pilot.press("tab", *app.state.connection.context, "tab", "tab", "enter")
    await until(pilot, app, lambda state: state.repair.phase == "verified")


async def timeline(pilot: Run, app: CnituiApp) -> None:
    """Of a repair: what failed, what was done about it, and what came of that."""
    await verification(pilot, app)
    await pilot.press("f6")
    await pilot.pause(0.5)


MANY = "selinux-denial+apiserver-unreachable+disk-full:9"
SHOTS = (
    Shot("overview", (160, 45), overview),
    Shot("overview-80x24", (80, 24), overview),
    Shot("logs", (160, 40), pane("f2")),
    Shot("logs-compared", (160, 34), pane("f2", "equals_sign")),
    Shot("logs-compared-80x24", (80, 24), pane("f2", "equals_sign")),
    Shot("logs-by-time", (120, 35), pane("f2", "T")),
    Shot("selinux", (160, 40), pane("f3")),
    Shot("listings", (160, 40), listings()),
    Shot("listings-80x24", (80, 24), listings()),
    Shot("listings-transcript", (120, 35), listings("t")),
    Shot("guide-1-symptoms", (140, 36), step(1)),
    Shot("guide-2-reports", (140, 36), step(2)),
    Shot("guide-3-selinux", (140, 36), step(3)),
    Shot("guide-5-causes", (140, 36), step(5)),
    Shot("guide-6-root-cause", (140, 36), step(6)),
    Shot("guide-6-root-cause-80x24", (80, 24), step(6)),
    Shot("guide-7-choose", (140, 40), step(7)),
    Shot("preview", (140, 40), preview),
    Shot("confirm", (140, 40), confirm),
    Shot("read-nodes", (120, 34), read_nodes, node_access="pod"),
    Shot("experiment", (120, 34), experiment, node_access="none"),
    Shot("verification", (140, 36), verification),
    Shot("groups", (160, 45), groups, MANY, 300),
    Shot("groups-80x24", (80, 24), groups, MANY, 300),
    Shot("groups-guide", (140, 36), group_steps, MANY, 300),
    Shot("differences", (140, 36), pane("f5")),
    Shot("timeline", (140, 36), timeline),
    Shot("timeline-80x24", (80, 24), pane("f6", "left")),
    Shot("yaml", (120, 35), pane("down", "y", "3")),
    Shot("node-80x24", (80, 24), pane("down", "d")),
)


async def take(shot: Shot, state_folder: Path) -> str:
    """One picture as SVG, from a lab of its own."""
    async with Lab.start(shot.scenario, speed=4 if shot.nodes < 10 else 1, seed=7, nodes=shot.nodes) as lab:
        settings = Settings(
            kubeconfig=(lab.kubeconfig,),
            ssh_config=lab.ssh_config,
            state_dir=state_folder,
            node_access=shot.node_access,
        )
        app = CnituiApp(opening(settings))
        async with app.run_test(size=shot.size) as pilot:
            await shot.prepare(pilot, app)
            return app.export_screenshot(title="cnitui")


def offline(svg: str) -> str:
    """The picture with local fonts only: no address of a font server in it."""
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code", FONT)


def save(name: str, svg: str, folder: Path) -> None:
    """Write NAME.svg and NAME.png."""
    import resvg_py

    (folder / f"{name}.svg").write_text(svg, "utf-8")
    (folder / f"{name}.png").write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=svg, monospace_family=FONT)))


def main() -> None:
    """All pictures, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--folder", type=Path, default=HERE)
    options = parser.parse_args()
    for shot in SHOTS:
        if options.names and shot.name not in options.names:
            continue
        with tempfile.TemporaryDirectory() as state_folder:
            save(shot.name, offline(asyncio.run(take(shot, Path(state_folder)))), options.folder)
        print(shot.name, flush=True)  # noqa: T201 - a script's narration


if __name__ == "__main__":
    main()
