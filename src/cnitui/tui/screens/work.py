"""The main screen at work: it runs the session and carries what the user wants to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from cnitui.engine.cases.given import seated
from cnitui.engine.cases.recall import recall
from cnitui.engine.judging.listings import listings_of
from cnitui.engine.probes.calico_objects import calico_objects
from cnitui.engine.services import Opening, Services
from cnitui.engine.session import Session
from cnitui.engine.state import State
from cnitui.errors import CnituiError, HostKeyUnknown
from cnitui.tui.messages import (
    LookAgain,
    NodeOpened,
    SaveRequested,
    StateChanged,
)
from cnitui.tui.node_page import node_blocks, objects_of
from cnitui.tui.panes.guide import GuidePane
from cnitui.tui.quiz import Quiz, marked
from cnitui.tui.saving import Saving, file_of, save, saving_of
from cnitui.tui.screens import dialogs
from cnitui.tui.screens.answering import AnswerScreen
from cnitui.tui.screens.objects import ObjectsScreen
from cnitui.tui.screens.page import NodeScreen, PageScreen, SummaryScreen
from cnitui.tui.screens.stopping import StoppingScreen
from cnitui.tui.sittings import Visit
from cnitui.tui.wording import present

CLOSE_WITHIN = 0.3
LEAVE_WITHIN = 1.0
"""Seconds that the end of a sitting is waited for before another begins."""
REST = 0.2
"""Seconds after which a cursor has come to rest: one that runs over a hundred nodes asks for none of them."""


class WorkScreen(StoppingScreen):
    """Shows what the session says; every write goes through a dialog of its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "look_again", "Look again", show=False, id="app.again", tooltip="Read everything anew"),
        Binding("d", "describe", "Describe", show=False, id="app.describe", tooltip="Everything about this node"),
        Binding("ctrl+s", "save", "Save", show=False, id="app.save", tooltip="Save the log, the report or a case file"),
        Binding("I", "summary", "Summary", show=False, id="app.summary",
                tooltip="Copy some lines for the incident channel: where, why, proof, what was done, what is next"),
        Binding("A", "answer", "Answer", id="app.answer", tooltip="Say what is wrong; the verdict is shown then"),
        Binding("y", "yaml", "YAML", show=False, id="app.yaml", tooltip="Pod, node, DaemonSet as the server has them"),
    ]  # fmt: skip

    def __init__(
        self, opening: Opening, visit: Visit | None = None, ours: Collection[str] = (), *, quiz: Quiz | None = None
    ) -> None:
        super().__init__(visit, ours)
        self._quiz, self.covered = quiz, quiz is not None
        self._opening = opening
        self._serving: Worker[None] | None = None
        self._services: Services | None = None
        self._asked_about: set[str] = set()
        self._asking = asyncio.Lock()
        self._ask_no_more = False
        self._resting: Timer | None = None
        self._seen: tuple[str, ...] = ()

    # --- life -----------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        super().on_mount()
        self._serving = self._serve()

    @work(exclusive=True, exit_on_error=True)
    async def _serve(self) -> None:
        """Open the services and run the session until the app ends; what cannot begin is said on the screen."""
        try:
            self.note_what_is_ours()
            services = self._services = await self._opening()
            session = self.session = seated(services)
            session.subscribe(self._publish)
            self.bring_board(session.logs)
            self._recall(services, session)
            await session.run()
        except CnituiError as error:
            self._failed(error)
        except BaseExceptionGroup as group:
            failures = group.subgroup(CnituiError)
            if failures is None:
                raise
            self._failed(next(_leaves(failures)))
        finally:
            await self.close_services()

    @work(exclusive=True, group="recalling")
    async def _recall(self, services: Services, session: Session) -> None:
        """Once everything was read: how things were before the plan of an earlier sitting, if there was one."""
        settled = asyncio.Event()
        session.subscribe(lambda state: settled.set() if state.settled else None)
        await settled.wait()
        before = await recall(services, session.state.connection)
        if before is not None and session is self.session:
            session.remember(before)

    def _failed(self, error: CnituiError) -> None:
        state = self.session.state if self.session else State()
        self._publish(replace(state, fatal=error))

    def _publish(self, state: State) -> None:
        self.post_message(StateChanged(state))
        for host in state.unknown_hosts:
            self._ask_about(host)
        self.offer_to_go_on(state.earlier)
        self.tell_whether_kept(state.unkept)

    async def on_unmount(self) -> None:
        """However the app ends, its connections end with it."""
        await self.close_services()

    async def close_services(self) -> None:
        """End all connections, or leave them to the kernel after a moment."""
        services, self._services = self._services, None
        if services is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(services.close(), CLOSE_WITHIN)

    async def leave(self) -> None:
        """End the sitting: what is to be kept of it is on disk then, and its connections are cut."""
        serving = self._serving
        if serving is not None:
            serving.cancel()
            with contextlib.suppress(TimeoutError, WorkerCancelled, WorkerFailed):
                await asyncio.wait_for(serving.wait(), LEAVE_WITHIN)
        self.workers.cancel_node(self)
        await self.close_services()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While conclusions are covered an answer may be given, and nothing is saved that holds them.

        Nor is anything where others look on: the files would be on a machine that is not theirs.
        """
        if action == "answer":
            return self.covered
        if action == "summary":
            return not self.covered
        if action == "save":
            return not self.covered and (self._services is None or self._services.keeps)
        return super().check_action(action, parameters)

    # --- looking --------------------------------------------------------------------------------------------------

    @on(LookAgain)
    def _look_again(self, message: LookAgain) -> None:
        self.action_look_again(message.node)

    def action_look_again(self, node: str = "") -> None:
        if self.session is None or self.state.fatal is not None:
            self._serving = self._serve()
            return
        self._asked_about.clear()
        self._ask_no_more = False
        self.session.look_again(node or None)
        self.notify(f"looking again at {node or 'everything'}", timeout=2)

    def looked_at(self) -> None:
        """Tell the session what is on the screen, once the cursor has come to rest."""
        if self.in_view == self._seen:
            return
        if self._resting is None:
            self._resting = self.set_timer(REST, self._look_at)
        else:
            self._resting.reset()

    def _look_at(self) -> None:
        self._resting = None
        if self.session is not None:
            self._seen = self.in_view
            self.session.look_at(self._seen, opened=self.opened)

    @work
    async def action_answer(self) -> None:
        """Take the trainee's answer, tell whether it is right, and uncover everything."""
        if self._quiz is None or self.session is None or not _is_known(self.session.state):
            self.notify("Wait until all is read.", timeout=3)
            return
        answer = await self.app.push_screen_wait(AnswerScreen())
        if answer is None:
            return
        self.covered, state = False, self.session.state
        self.post_message(StateChanged(state))
        self.app.push_screen(PageScreen("Your answer", marked(self._quiz, answer, state)))

    @on(NodeOpened)
    def _node_opened(self, message: NodeOpened) -> None:
        node, session, state = message.node, self.session, self.state
        asking = session is not None and state.recorded is None
        ask = partial(calico_objects, session.cluster, node) if session is not None and asking else None
        self.app.push_screen(NodeScreen(node, partial(node_blocks, state, node), ask), self._list_instead)

    def action_describe(self) -> None:
        if self.node:
            self.post_message(NodeOpened(self.node))

    def _list_instead(self, node: str | None) -> None:
        """A node's page was left for its listings."""
        if node:
            self.open_listings(node)

    def action_yaml(self) -> None:
        """The node's pod, the node and the DaemonSet, as the server has them now."""
        refs = objects_of(self.state, self.node) if self.node else ()
        if not refs or self.session is None or self._services is None:
            self.notify("There is no object to show yet.")
            return
        self.app.push_screen(ObjectsScreen(refs, self.session.cluster.get, self._services.render))

    def _ask_about(self, host: HostKeyUnknown) -> None:
        question = f"{host.node} {host.fingerprint}"
        trusting = self._services is not None and self._services.keeps
        if trusting and question not in self._asked_about:
            self._asked_about.add(question)
            self._host_key(host)

    @work
    async def _host_key(self, host: HostKeyUnknown) -> None:
        """One question at a time, and none after escape until somebody looks again: there may be hundreds of nodes."""
        async with self._asking:
            if self._ask_no_more:
                return
            accepted = await self.app.push_screen_wait(dialogs.HostKeyScreen(host))
            self._ask_no_more = accepted is None
        if accepted and self.session is not None:
            try:
                await self.session.accept_host_key(host.node, host.fingerprint)
            except CnituiError as error:
                self.say(error)

    def action_summary(self) -> None:
        """Plain text without secrets, on the clipboard and on the screen."""
        from cnitui.engine.reports.summary import channel_summary  # nobody waits for it at the start

        self.app.push_screen(SummaryScreen(channel_summary(self.state, present())))

    # --- saving ---------------------------------------------------------------------------------------------------

    @on(SaveRequested)
    def action_save(self) -> None:
        """Save what is looked at: a log, the report (last step), a node's transcript, else all as a case file."""
        if self._services is None or self.session is None:
            self.notify("There is nothing to save yet.", severity="warning")
            return
        if not self._services.keeps:
            return
        step = self.query_one(GuidePane).step if self.single == "guide" else 0
        opened = listings_of(self.state, self.opened)
        saving = saving_of(self.state, self._services.clock.now(), step, self.focused, opened)
        self._save(saving, self._services, self.session)

    @work(exclusive=True, group="saving")
    async def _save(self, saving: Saving, services: Services, session: Session) -> None:
        dialog = dialogs.FileNameScreen(saving.title, saving.suggestion, raw_offered=saving.log is not None)
        chosen = await self.app.push_screen_wait(dialog)
        if chosen is None:
            return
        self.saving = "saving"
        try:
            told = await save(saving, file_of(chosen.name), services, session, raw=chosen.raw, told=self._note_saving)
            self.notify(told, timeout=8, markup=False)
        except CnituiError as error:
            self.say(error)
        finally:
            self.saving = ""

    def _note_saving(self, words: str) -> None:
        self.saving = f"saving: {words}"


def _leaves(group: BaseExceptionGroup[CnituiError]) -> Iterator[CnituiError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _is_known(state: State) -> bool:
    """Whether there is a verdict to hold an answer against: it stays while a new attempt is being read."""
    return state.settled or (state.diagnosis is not None and bool(state.diagnosis.confident))
