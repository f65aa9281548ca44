"""The objects behind a row as the API server has them now: pod, node and DaemonSet, each as highlighted YAML."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from cnitui.domain.documents import as_mapping
from cnitui.domain.plan import ObjectRef
from cnitui.engine.guide.blocks import Block, Paragraph, Yaml
from cnitui.errors import CnituiError
from cnitui.tui.copying import CopyRequested
from cnitui.tui.messages import PaneRequested
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.footer_line import FooterLine
from cnitui.tui.widgets.pane import TitleRule
from cnitui.tui.widgets.tab_line import TabLine
from cnitui.tui.wording import SPIN

Fetch = Callable[[ObjectRef], Awaitable[Mapping[str, object]]]
Render = Callable[[Mapping[str, object]], str]


class ObjectsScreen(Screen[None]):
    """One object at a time; each is asked for when it is shown first, and again with `r`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "app.pop_screen", "Back", key_display="esc", id="page.back", tooltip="Back"),
        Binding("tab", "next(1)", "Next object", id="objects.next", tooltip="Pod, node or DaemonSet"),
        Binding("shift+tab", "next(-1)", "Object before", show=False, id="objects.previous", tooltip="The one before"),
        Binding("1", "show(0)", "First", show=False, id="objects.first", tooltip="The first object"),
        Binding("2", "show(1)", "Second", show=False, id="objects.second", tooltip="The second object"),
        Binding("3", "show(2)", "Third", show=False, id="objects.third", tooltip="The third object"),
        Binding("w", "whole", "Everything", id="objects.whole",
                tooltip="With managedFields and the configuration that was applied last, or without them"),
        Binding("r", "again", "Read again", id="objects.again", tooltip="Ask the API server anew"),
        Binding("c", "copy", "Copy", id="objects.copy", tooltip="Copy the YAML as it is shown"),
    ]  # fmt: skip

    def __init__(self, refs: Sequence[ObjectRef], fetch: Fetch, render: Render) -> None:
        super().__init__(classes="page")
        self._refs, self._fetch, self._as_yaml = tuple(refs), fetch, render
        self._at = 0
        self._whole = False
        self._documents: dict[ObjectRef, Mapping[str, object]] = {}

    def compose(self) -> ComposeResult:
        yield TitleRule()
        tabs = TabLine(id="objects")
        tabs.tabs = tuple((str(place), ref.kind, str(place + 1)) for place, ref in enumerate(self._refs))
        yield tabs
        yield BlocksView()
        yield FooterLine()

    def on_mount(self) -> None:
        self.query_one(BlocksView).focus()
        self.action_show(0)

    @property
    def ref(self) -> ObjectRef:
        """The object that is shown."""
        return self._refs[self._at]

    @on(PaneRequested)
    def _clicked(self, message: PaneRequested) -> None:
        message.stop()
        self.action_show(int(message.pane))

    def action_next(self, by: int) -> None:
        self.action_show((self._at + by) % len(self._refs))

    def action_show(self, place: int) -> None:
        """Another object, from its top."""
        if place >= len(self._refs):
            return
        self._at = place
        self.query_one(TabLine).active = str(place)
        rule = self.query_one(TitleRule)
        rule.title = self.ref.words
        rule.note = "everything" if self._whole else "without managedFields and last-applied"
        if self.ref in self._documents:
            self._show(Yaml(self._text))
        else:
            self._show(Paragraph(f"{SPIN} asking for {self.ref.words}", "dim"))
            self._ask(self.ref)

    @property
    def _text(self) -> str:
        document = self._documents[self.ref]
        return self._as_yaml(document if self._whole else without_noise(document))

    def action_again(self) -> None:
        self._documents.pop(self.ref, None)
        self.action_show(self._at)

    def action_whole(self) -> None:
        self._whole = not self._whole
        self.action_show(self._at)

    @work(exclusive=True, group="asking")
    async def _ask(self, ref: ObjectRef) -> None:
        try:
            self._documents[ref] = await self._fetch(ref)
        except CnituiError as error:
            self._show(Paragraph(f"✗ {error}", "bad"))
            return
        self._show(Yaml(self._text))

    def _show(self, block: Block) -> None:
        self.query_one(BlocksView).show((block,), from_top=True)

    def action_copy(self) -> None:
        if self.ref in self._documents:
            self.post_message(CopyRequested(self._text, self.ref.words))


LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def without_noise(document: Mapping[str, object]) -> Mapping[str, object]:
    """Without who wrote which field, and without the object once more as an annotation of itself."""
    metadata = as_mapping(document.get("metadata"))
    if not metadata:
        return document
    shown = {key: value for key, value in metadata.items() if key != "managedFields"}
    annotations = as_mapping(metadata.get("annotations"))
    if LAST_APPLIED in annotations:
        shown["annotations"] = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
    return {**document, "metadata": shown}
