"""The guide: the steps and their states, and, full screen, the step the user is at."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive

from cnitui.engine.guide.blocks import Block, Command, Heading, Paragraph, Role, StepState, StepView
from cnitui.tui.copying import CopyRequested
from cnitui.tui.messages import (
    ApplyRequested,
    LookAgain,
    ProveRequested,
    RemedyChosen,
    RemedyConsidered,
    StepOpened,
    StepSkipped,
    TryRequested,
    UndoRequested,
    VerifyRequested,
)
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.pane import Pane
from cnitui.tui.widgets.pick_list import Pick, PickList

STATE_ROLES: dict[StepState, Role] = {
    "pass": "good",
    "fail": "bad",
    "unknown": "warn",
    "skipped": "dim",
    "running": "accent",
    "waiting": "dim",
}
SHORT_PAGE = 25
"""Rows below which a page is short."""
SLIM = 56
"""Cells below which the step stands alone."""
STEPS_WIDTH = 29
"""Cells of the step list beside the step."""


SHORT_TITLES = {"Master against worker": "Master and worker"}
"""Where the list of steps is narrow."""


class StepPage(Vertical):
    """One step: its conclusion, why it matters, what was found, what it means, what a person would type."""

    DEFAULT_CSS = """
    StepPage { width: 1fr; }
    StepPage #choices { height: auto; max-height: 50%; margin-bottom: 1; display: none; }
    StepPage.-choosing #choices { display: block; }
    """

    def compose(self) -> ComposeResult:
        yield PickList(id="choices", flowing=True)
        yield BlocksView(id="step-body")

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[StepView, tuple[Pick, ...]] | None = None

    def show(self, view: StepView, choices: tuple[Pick, ...], *, other_step: bool) -> None:
        """Fill the page; it starts at its top when another step is shown."""
        self._shown = view, choices
        short = self.size.height < SHORT_PAGE
        self.set_class(bool(choices), "-choosing")
        picks = self.query_one("#choices", PickList)
        picks.show(choices)
        picks.styles.max_height = _rows_of(choices) if short else None
        self.query_one(BlocksView).show(page_of(view, short=short), from_top=other_step)

    def on_resize(self) -> None:
        """Nobody knows how short it is before it has its size."""
        if self._shown is not None:
            self.show(*self._shown, other_step=False)


def _rows_of(choices: tuple[Pick, ...]) -> int:
    """Rows for what helps, and two of what does not: the rest of that is below, and the page has to have room."""
    return min(sum(one.role != "dim" for one in choices) + 2, SHORT_PAGE // 3)


def page_of(view: StepView, *, short: bool = False) -> tuple[Block, ...]:
    """A step's page: the conclusion at the top, reasons quiet below it, then the evidence.

    On a short page the evidence comes before the reasons: there is no room to scroll past them every time.
    """
    role = STATE_ROLES[view.state]
    why = Paragraph(view.why, "dim")
    blocks: list[Block] = [Paragraph(f"{view.glyph} {view.headline}", role if role != "dim" else "normal")]
    blocks.extend(() if short else (why,))
    blocks.extend(view.blocks)
    blocks.extend((why,) if short else ())
    if view.meaning:
        blocks += [Heading("What it means"), *view.meaning]
    if view.commands:
        blocks.append(Heading("By hand"))
        blocks.extend(view.commands)
    return tuple(blocks)


class GuidePane(Pane):
    """Steps left, the step right (when there is room for both)."""

    DEFAULT_CSS = f"""
    GuidePane #steps {{ width: 1fr; }}
    GuidePane StepPage {{ display: none; margin-left: 1; }}
    GuidePane.-zoomed StepPage {{ display: block; }}
    GuidePane.-zoomed #steps {{ width: {STEPS_WIDTH}; }}
    GuidePane.-zoomed.-slim #steps {{ display: none; }}
    """
    pane_id = "guide"
    title = "Guide"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "step(1)", "Next step", key_display="→", id="guide.next", tooltip="Next step of the guide"),
        Binding("left", "step(-1)", "Back", key_display="←", id="guide.back", tooltip="Previous step of the guide"),
        Binding("t", "try_out", "Try on one node…", id="guide.try",
                tooltip="Run the changed container on one failing node before anything is rolled out"),
        Binding("a", "apply", "Apply…", id="guide.apply", tooltip="Confirm and apply the previewed plan"),
        Binding("e", "prove", "Experiment…", id="guide.prove", tooltip="Prove the cause by an experiment on one node"),
        Binding("v", "verify", "Verify again", id="guide.verify", tooltip="Run the four checks again"),
        Binding("u", "undo", "Undo…", id="guide.undo", tooltip="Take the applied plan back"),
        Binding("r", "again", "Look again", id="guide.again", tooltip="Read everything this step rests on anew"),
        Binding("c", "copy", "Copy", id="guide.copy", tooltip="Copy the step's commands"),
        Binding("w", "whole", "Whole lines", id="guide.whole",
                tooltip="Sources of quotes and rows of tables in full, or in short"),
        Binding("S", "skip", "Skip", show=False, id="guide.skip", tooltip="Mark the step as skipped"),
    ]  # fmt: skip
    views: reactive[tuple[StepView, ...]] = reactive((), repaint=False)
    choices: reactive[tuple[Pick, ...]] = reactive((), repaint=False)
    step: reactive[int] = reactive(1, repaint=False)
    applicable: reactive[bool] = reactive(False, repaint=False)
    """Whether something is previewed that was not applied yet; nothing else is offered."""
    previewable: frozenset[str] = frozenset()
    """The remedies that fit: the others have nothing to preview."""
    triable: reactive[bool] = reactive(False, repaint=False)
    """Whether what is previewed could be tried on one node."""
    provable: reactive[bool] = reactive(False, repaint=False)
    """Whether there is a cause that an experiment could tell, and nothing is being tried."""

    writable: reactive[bool] = reactive(True, repaint=False)
    """Whether anything may be written at all; a verification starts a pod, so it is a write as well."""

    def compose(self) -> ComposeResult:
        yield self.rule
        with Horizontal():
            yield PickList(id="steps", note_from=25)
            yield StepPage()

    # --- what is shown --------------------------------------------------------------------------------------------

    def watch_views(self) -> None:
        self._show()

    def watch_choices(self) -> None:
        self._show()

    def watch_step(self, old: int, new: int) -> None:
        self._show(other_step=old != new)
        self._move_focus(old, new)
        self.refresh_bindings()

    def _move_focus(self, old: int, new: int) -> None:
        """Choosing happens in the list of remedies; everywhere else the steps have the focus."""
        if not self.has_class("-zoomed") or 7 not in (old, new):
            return
        wanted = self.query_one("#choices" if new == 7 else "#steps", PickList)
        if new == 7 or self.query_one("#choices", PickList).has_focus:
            wanted.focus()

    @property
    def view(self) -> StepView | None:
        """The step the user is at."""
        return next((view for view in self.views if view.number == self.step), None)

    def _show(self, *, other_step: bool = False) -> None:
        if not self.is_mounted or not self.views:
            return
        steps = self.query_one("#steps", PickList)
        steps.show(tuple(self._pick(view) for view in self.views))
        steps.move_to(str(self.step))
        view = self.view
        if view is not None:
            self.rule.note = f"{view.number} of {len(self.views)}"
            self.rule.title = f"Guide ── {view.number}  {view.title}" if self.has_class("-zoomed") else self.title
            self.query_one(StepPage).show(view, self.choices if view.number == 7 else (), other_step=other_step)

    def _pick(self, view: StepView) -> Pick:
        here = view.number == self.step
        glyph = "▸" if here and view.state in ("waiting", "running") else view.glyph
        text = f"{view.number:>2}  {view.title}"
        short = f"{view.number:>2}  {SHORT_TITLES.get(view.title, view.title)}"
        return Pick(str(view.number), glyph, STATE_ROLES[view.state], text, view.summary, here, short)

    def on_mount(self) -> None:
        self._show()

    def set_zoomed(self, zoomed: bool, *, width: int) -> None:
        """Show the step beside the list, the list alone, or, where `width` has no room for both, the step alone."""
        self.set_class(zoomed, "-zoomed")
        self.set_class(width < SLIM, "-slim")
        self._show(other_step=True)

    def focus_content(self) -> None:
        if self.has_class("-zoomed") and self.step == 7:
            self.query_one("#choices").focus()
        elif self.has_class("-zoomed") and self.has_class("-slim"):
            self.query_one("#step-body").focus()
        else:
            self.query_one("#steps").focus()

    # --- keys -----------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "whole":
            return self.has_class("-zoomed") and self.query_one("#step-body", BlocksView).shortened
        wanted = {"apply": (8, 9), "verify": (10,), "undo": (9, 10, 11), "prove": (6,), "try_out": (8,)}
        if action in wanted:
            here = self.has_class("-zoomed") and self.step in wanted[action]
            possible = {"apply": self.applicable, "prove": self.provable, "try_out": self.triable}
            return here and self.writable and possible.get(action, True)
        return True

    def action_step(self, by: int) -> None:
        self.step = max(1, min(len(self.views) or 1, self.step + by))
        self.post_message(StepOpened(self.step))

    def action_again(self) -> None:
        self.post_message(LookAgain())

    def action_skip(self) -> None:
        self.post_message(StepSkipped(self.step))

    def action_apply(self) -> None:
        self.post_message(ApplyRequested())

    def action_prove(self) -> None:
        self.post_message(ProveRequested())

    def action_try_out(self) -> None:
        self.post_message(TryRequested())

    def action_verify(self) -> None:
        self.post_message(VerifyRequested())

    def action_undo(self) -> None:
        self.post_message(UndoRequested())

    def action_whole(self) -> None:
        self.query_one("#step-body", BlocksView).action_whole()

    def action_copy(self) -> None:
        view = self.view
        commands = [*view.commands, *(block for block in view.blocks if isinstance(block, Command))] if view else []
        if commands:
            self.post_message(CopyRequested("\n".join(command.line for command in commands), "the step's commands"))

    def on_pick_list_highlighted(self, event: PickList.Highlighted) -> None:
        event.stop()
        if event.control.id == "steps":
            self.step = int(event.key)
        else:
            self.post_message(RemedyConsidered(event.key))

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        event.stop()
        if event.control.id == "steps":
            self._open(int(event.key))
        elif event.key in self.previewable:
            self.post_message(RemedyChosen(event.key))
        else:
            self.query_one(BlocksView).focus()  # steps for a person, or why it does not fit: there is only to read

    def _open(self, step: int) -> None:
        """The step's page, and where it is shown already, the focus on it."""
        self.step = step
        self.post_message(StepOpened(step))
        if self.has_class("-zoomed"):
            (self.query_one("#choices") if step == 7 else self.query_one(BlocksView)).focus()
