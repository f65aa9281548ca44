"""A case file of a lab: collected over real HTTP and SSH, and the same evidence as a colleague would paste it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cnitui.compose import open_case, services
from cnitui.domain.finding import Diagnosis
from cnitui.domain.recording import Piece, Recording
from cnitui.engine.cases.collect import BOUNDS, Bounds
from cnitui.engine.cases.saving import Saved, save_case
from cnitui.engine.services import Services
from cnitui.engine.sitting import judged, sitting
from cnitui.engine.state import State
from cnitui.lab import Lab
from cnitui.settings import Settings

WAIT = 30.0


@dataclass(frozen=True)
class Collected:
    """What was seen live, what was written, and the settings both were made with."""

    live: Diagnosis
    state: State
    saved: Saved
    settings: Settings

    def opened(self) -> Services:
        """Services that answer from the file."""
        return open_case(self.saved.path, self.settings)


@asynccontextmanager
async def still(scenario: str, nodes: int = 3) -> AsyncIterator[Lab]:
    """A lab in which no further attempt begins: what is read twice must be the same twice."""
    async with Lab.start(scenario, speed=10, seed=7, nodes=nodes) as lab:
        lab.world.stop()
        yield lab


@asynccontextmanager
async def connected(lab: Lab, folder: Path, **changes: object) -> AsyncIterator[tuple[Services, Settings]]:
    """Services on a lab; further settings by their names."""
    settings = Settings(state_dir=folder / "state", kubeconfig=(lab.kubeconfig,), ssh_config=lab.ssh_config)
    settings = replace(settings, **changes)  # type: ignore[arg-type]
    async with services(settings) as opened:
        yield opened, settings


async def collected(lab: Lab, folder: Path, *, bounds: Bounds = BOUNDS, **changes: object) -> Collected:
    """Look at the lab until everything was read, then save the case as `case.tar.gz`."""
    async with connected(lab, folder, **changes) as (opened, settings):
        state = await sitting(opened, WAIT)
        saved = await save_case(opened, state, folder / "case.tar.gz", bounds=bounds)
        return Collected(judged(state), state, saved, settings)


def claims(diagnosis: Diagnosis) -> list[tuple[str, str, tuple[str, ...]]]:
    """Every verdict with its nodes, in the order of the diagnosis."""
    return [(found.cause, found.verdict.value, found.nodes) for found in diagnosis.findings]


def pasted(recording: Recording) -> str:
    """All answers below the commands, as they stand in a terminal: kubectl's here, the nodes' on the nodes."""
    answered = [piece for piece in recording.pieces if piece.failure is None]
    return "\n".join(f"{_prompt(piece)}\n{(piece.data + piece.errors).decode()}" for piece in answered)


def _prompt(piece: Piece) -> str:
    if piece.kind == "command":
        return f"[root@{piece.node} ~]# {piece.command.removeprefix('sudo -n ')}"
    return f"$ {piece.source}"
