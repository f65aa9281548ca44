"""What a step of the guide says, as data that any screen, terminal or report can lay out."""

from __future__ import annotations

from typing import Literal

from cnitui.domain.comparison import Comparison
from cnitui.domain.directories import Section
from cnitui.late_dataclass import dataclass

Role = Literal["normal", "dim", "good", "bad", "warn", "accent"]
StepState = Literal["pass", "fail", "unknown", "skipped", "running", "waiting"]
"""Nothing is wrong (or it is done), something is wrong (or failed), open or for a person to judge, and so on."""
GLYPHS: dict[Role, str] = {"normal": " ", "dim": "·", "good": "✓", "bad": "✗", "warn": "!", "accent": "▸"}
STEP_GLYPHS: dict[StepState, str] = {
    "pass": "✓",
    "fail": "✗",
    "unknown": "?",
    "skipped": "–",
    "running": "◌",
    "waiting": "·",
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A few sentences."""

    text: str
    role: Role = "normal"


@dataclass(frozen=True, slots=True)
class Heading:
    """A word or two above what follows."""

    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line with a sign; `detail` is said below it, quieter."""

    text: str
    role: Role = "normal"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """Machine output, literally, with where it comes from; `brief` says that in few words, where it is long."""

    text: str
    source: str = ""
    brief: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """What a person would type; copyable."""

    line: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table with one role per row; `leaves` are the columns that go, in this order, where it is narrow.

    With `wrap` nothing is cut: what is too long goes on below. `here` is the row that is pointed at.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    roles: tuple[Role, ...] = ()
    leaves: tuple[int, ...] = ()
    wrap: bool = False
    here: int | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """Healthy beside failing."""

    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Listing:
    """Directories as one node lists them, or two beside each other, under `heads`.

    `whole` shows every attribute however narrow it is; else only what matters is told where there is little room.
    """

    heads: tuple[str, ...]
    sections: tuple[Section, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class DiffText:
    """A unified diff."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Yaml:
    """An object as the server has it."""

    text: str


Block = Paragraph | Heading | Item | Quote | Command | Grid | Columns | Listing | DiffText | Yaml


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as it stands: `summary` fits beside its name in the list, `headline` is the step's one conclusion."""

    number: int
    title: str
    state: StepState
    summary: str
    headline: str
    why: str
    blocks: tuple[Block, ...] = ()
    meaning: tuple[Item, ...] = ()
    commands: tuple[Command, ...] = ()

    @property
    def glyph(self) -> str:
        """The sign of its state."""
        return STEP_GLYPHS[self.state]
