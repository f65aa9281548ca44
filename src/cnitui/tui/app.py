"""The application: opens a session after the first paint, carries intents to it, and ends quickly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from cnitui.engine.apply import Confirmation
from cnitui.engine.blocks import Block, Command, Item, Paragraph
from cnitui.engine.preview import Preview
from cnitui.engine.services import Opening, Services
from cnitui.engine.session import Session
from cnitui.engine.state import State
from cnitui.errors import CnituiError, HostKeyUnknown
from cnitui.tui.help import help_blocks
from cnitui.tui.messages import (
    ApplyRequested,
    CopyRequested,
    LookAgain,
    NodeOpened,
    RemedyChosen,
    RemedyConsidered,
    StateChanged,
    UndoRequested,
    VerifyRequested,
)
from cnitui.tui.node_page import node_blocks, object_blocks, pod_ref
from cnitui.tui.panes.guide import GuidePane
from cnitui.tui.panes.pods import PodsPane
from cnitui.tui.screens import dialogs
from cnitui.tui.screens.main import MainScreen
from cnitui.tui.screens.page import PageScreen
from cnitui.tui.theme import DARK, THEMES

CLOSE_WITHIN = 0.3


class CnituiApp(App[int]):
    """The terminal UI on whatever `opening` opens."""

    CSS_PATH = "cnitui.tcss"
    TITLE = "cnitui"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "look_again", "Look again", show=False, id="app.again", tooltip="Read everything anew"),
        Binding("d", "describe", "Describe", show=False, id="app.describe", tooltip="Everything about this node"),
        Binding("y", "yaml", "YAML", show=False, id="app.yaml", tooltip="The pod as the server has it"),
        Binding("colon", "command_palette", "Commands", key_display=":", id="app.commands", tooltip="All commands"),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help", tooltip="All keys"),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Leave; nothing is lost"),
        Binding("ctrl+c", "copy_or_quit", "Copy or quit", show=False, id="app.interrupt", tooltip="Copy, else quit"),
    ]

    def __init__(self, opening: Opening, *, theme: str = "", keys: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._opening = opening
        self._services: Services | None = None
        self.session: Session | None = None
        self._asked_about: set[str] = set()
        for known in THEMES.values():
            self.register_theme(known)
        self.theme = theme or DARK.name
        if keys:
            self.set_keymap(dict(keys))

    # --- life -----------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.main = MainScreen()
        self.push_screen(self.main)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, lambda: self.exit(130))
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._serve()

    @work(exclusive=True, exit_on_error=True)
    async def _serve(self) -> None:
        """Open the services and run the session until the app ends; what cannot begin is said on the screen."""
        try:
            services = self._services = await self._opening()
            session = self.session = Session(services)
            session.subscribe(self._publish)
            self.main.bring_board(session.logs)
            await session.run()
        except CnituiError as error:
            state = self.session.state if self.session else State()
            self._publish(replace(state, fatal=error))
        except BaseExceptionGroup as group:
            failures = group.subgroup(CnituiError)
            if failures is None:
                raise
            first = next(_leaves(failures))
            self._publish(replace(self.session.state if self.session else State(), fatal=first))

    def _publish(self, state: State) -> None:
        self.main.post_message(StateChanged(state))
        for host in state.unknown_hosts:
            self._ask_about(host)

    @property
    def state(self) -> State:
        """The newest state."""
        return self.session.state if self.session is not None else self.main.state

    async def action_quit(self) -> None:
        self.workers.cancel_all()
        if self._services is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._services.close(), CLOSE_WITHIN)
        self.exit(0)

    async def action_copy_or_quit(self) -> None:
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            self.notify("copied the selection")
        else:
            await self.action_quit()

    # --- looking --------------------------------------------------------------------------------------------------

    @on(LookAgain)
    def _look_again(self, message: LookAgain) -> None:
        self.action_look_again(message.node)

    def action_look_again(self, node: str = "") -> None:
        if self.session is None or self.main.state.fatal is not None:
            self._serve()
            return
        self.session.look_again(node or None)
        self.notify(f"looking again at {node or 'everything'}", timeout=2)

    @on(NodeOpened)
    def _node_opened(self, message: NodeOpened) -> None:
        self.push_screen(PageScreen(f"Node {message.node}", node_blocks(self.state, message.node)))

    def action_describe(self) -> None:
        node = self.main.query_one(PodsPane).node
        if node:
            self.push_screen(PageScreen(f"Node {node}", node_blocks(self.state, node)))

    @work
    async def action_yaml(self) -> None:
        """The pod of the node under the cursor, as the server has it now."""
        pod = self.state.pod(self.main.query_one(PodsPane).node)
        if pod is None or self.session is None or self._services is None:
            return
        try:
            document = await self.session.cluster.get(pod_ref(pod))
        except CnituiError as error:
            self._say(error)
            return
        text = self._services.render(document)
        self.push_screen(PageScreen(f"Pod {pod.namespace}/{pod.name}", object_blocks(text)))

    def _ask_about(self, host: HostKeyUnknown) -> None:
        question = f"{host.node} {host.fingerprint}"
        if question not in self._asked_about:
            self._asked_about.add(question)
            self._host_key(host)

    @work
    async def _host_key(self, host: HostKeyUnknown) -> None:
        accepted = await self.push_screen_wait(dialogs.HostKeyScreen(host))
        if accepted and self.session is not None:
            try:
                await self.session.accept_host_key(host.node, host.fingerprint)
            except CnituiError as error:
                self._say(error)

    # --- repairing ------------------------------------------------------------------------------------------------

    @on(RemedyConsidered)
    def _considered(self, message: RemedyConsidered) -> None:
        if self.session is not None:
            self.session.repair.consider(message.remedy)

    @on(RemedyChosen)
    def _chosen(self, message: RemedyChosen) -> None:
        self.main.query_one(GuidePane).step = 8
        self._preview(message.remedy)

    @work(exclusive=True, group="repair")
    async def _preview(self, remedy: str) -> None:
        if self.session is not None:
            await self.session.choose_remedy(remedy)

    @on(ApplyRequested)
    def _apply_requested(self) -> None:
        self._confirm_and_apply()

    @work(exclusive=True, group="repair")
    async def _confirm_and_apply(self) -> None:
        session = self.session
        seen = session.repair.state.preview if session is not None else None
        if session is None or seen is None or session.repair.state.busy:
            self.notify("There is nothing previewed to apply: choose a solution first (step 7).", severity="warning")
            return
        if seen.blocked:
            self.notify(f"This cannot be applied: {seen.blocked[0].words}", severity="error", markup=False)
            return
        confirmed = await self.push_screen_wait(_confirmation(seen))
        if confirmed is None:
            self.notify("Nothing was changed.", timeout=3)
            return
        self.main.query_one(GuidePane).step = 9
        self._carry_out(Confirmation(confirmed.typed, confirmed.reason))

    @work(exclusive=True, group="writing")
    async def _carry_out(self, confirmation: Confirmation) -> None:
        """Apply, and when that came to its end, verify: the steps follow what happens."""
        if self.session is None:
            return
        await self.session.apply(confirmation)

    @on(VerifyRequested)
    def _verify_requested(self) -> None:
        self._verify()

    @work(exclusive=True, group="writing")
    async def _verify(self) -> None:
        if self.session is not None:
            await self.session.verify()

    @on(UndoRequested)
    def _undo_requested(self) -> None:
        self.main.query_one(GuidePane).step = 8
        self._plan_undo()

    @work(exclusive=True, group="repair")
    async def _plan_undo(self) -> None:
        if self.session is not None:
            await self.session.repair.plan_undo()

    # --- the rest -------------------------------------------------------------------------------------------------

    @on(CopyRequested)
    def _copy(self, message: CopyRequested) -> None:
        self.copy_to_clipboard(message.text)
        self.notify(f"copied {message.what}", timeout=2, markup=False)

    def _say(self, error: CnituiError) -> None:
        self.notify(str(error), severity="error", timeout=8, markup=False)

    def action_help(self) -> None:
        self.push_screen(PageScreen("Keys", help_blocks(self.screen)))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: every pane by its name, and what else can be done."""
        for name in ("overview", "logs", "selinux", "guide", "differences", "timeline"):
            yield SystemCommand(name, f"Show the {name}", lambda name=name: self._go(name))
        yield SystemCommand("look again", "Read everything anew", self.action_look_again)
        yield SystemCommand(
            "undo", "Preview taking back the latest applied plan", lambda: self.post_message(UndoRequested())
        )
        yield SystemCommand("help", "All keys", self.action_help)
        yield SystemCommand("theme", "Change the colours", self.action_change_theme)
        yield SystemCommand("quit", "Leave", self.action_quit)

    def _go(self, name: str) -> None:
        while len(self.screen_stack) > 2:
            self.pop_screen()
        if name == "overview":
            self.main.action_overview()
        else:
            self.main.action_pane(name)


def _confirmation(seen: Preview) -> dialogs.ConfirmScreen:
    plan = seen.plan
    blocks: list[Block] = [Item(f"patch {change.target.words}", "bad") for change in plan.changes]
    blocks += [Item(f"delete pod {pod.pod} on {pod.node}", "bad") for pod in plan.deletes]
    blocks.append(Item(f"{len(plan.restarts)} pods restart, failing ones first", "warn"))
    if plan.test_pod is not None:
        blocks.append(
            Item(f"verification starts and removes pod {plan.test_pod.namespace}/{plan.test_pod.name}", "warn")
        )
    blocks.append(Paragraph(f"context {seen.context}, server {seen.server}"))
    blocks.append(Command(f"cnitui undo {seen.plan_id}", "takes it back"))
    override = tuple(problem.words for problem in seen.needs_override)
    return dialogs.ConfirmScreen(plan.title, tuple(blocks), seen.context, verb="Apply", override=override)


def _leaves(group: BaseExceptionGroup[CnituiError]) -> Iterator[CnituiError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
