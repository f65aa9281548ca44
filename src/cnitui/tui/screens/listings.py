"""The main screen's listings: of which nodes they are, and that those are read."""

from __future__ import annotations

from textual import on

from cnitui.engine.judging.listings import beside, listings_of, pair
from cnitui.tui.messages import ListingsOpened, ListingsWalked
from cnitui.tui.panes.listings import ListingsPane
from cnitui.tui.panes.pods import PodsPane
from cnitui.tui.screens.main import MainScreen


class ListingsScreen(MainScreen):
    """Opens listings from wherever a node is shown; `esc` goes back there."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: tuple[str, ...] = ()
        """The nodes whose listings are open, or were last."""
        self._came_from = ("pods", False)

    @on(ListingsOpened)
    def _listings_opened(self, message: ListingsOpened) -> None:
        message.stop()
        self.open_listings(message.node)

    def open_listings(self, node: str = "") -> None:
        """Of this node, else of the marked ones, else of the one under the cursor; beside the reference."""
        wanted = (node,) if node else self.query_one(PodsPane).marked
        self.listed = pair(self.state, wanted, self.query_one(PodsPane).node, self.listed)
        if self.single != "listings":
            self._came_from = (self.focused_pane or "pods", bool(self._zoomed))
        self.query_one(ListingsPane).transcript = False
        self.show_pane("listings", zoom=not self.narrow)
        self.looked_at()

    @on(ListingsWalked)
    def _listings_walked(self, message: ListingsWalked) -> None:
        self.listed = beside(self.state, self.query_one(PodsPane).marked, self.listed, message.by)
        self._hand_out()
        self.looked_at()

    def _hand_out(self) -> None:
        super()._hand_out()
        if self.single == "listings":
            self.query_one(ListingsPane).listings = listings_of(self.state, self.listed)

    @property
    def node(self) -> str:
        """In the listings, keys mean the node in the second place."""
        return self.listed[-1] if self.listed and self.single == "listings" else super().node

    @property
    def in_view(self) -> tuple[str, ...]:
        """Nodes whose listings are open come first, healthy ones too."""
        return tuple(dict.fromkeys((*self.opened, *super().in_view)))

    @property
    def opened(self) -> tuple[str, ...]:
        """The nodes whose listings are shown now."""
        return self.listed if self.single == "listings" else ()

    def action_pane(self, name: str) -> None:
        """The listings are always of some node."""
        if name == "listings":
            self.open_listings()
        else:
            super().action_pane(name)

    def action_back(self) -> None:
        if self.single != "listings":
            super().action_back()
            return
        pane, zoomed = self._came_from
        self.show_pane(pane, zoom=zoomed)
        self.looked_at()
