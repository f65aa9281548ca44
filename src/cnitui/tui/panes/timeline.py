"""Attempts, events, denials, node conditions and our own actions, merged by time; the newest at the bottom."""

from __future__ import annotations

from cnitui.engine.guide.blocks import Grid, Paragraph
from cnitui.engine.timeline.moments import timeline
from cnitui.tui.panes.page import PagePane

SHOWN = 1000


class TimelinePane(PagePane):
    """What happened, in order."""

    pane_id = "timeline"
    title = "Timeline"

    def fill(self) -> None:
        found = timeline(self.state, self.view)
        moments = found[-SHOWN:]
        self.rule.note = (
            f"the last {SHOWN:,} of {len(found):,} moments" if len(found) > SHOWN else f"{len(found)} moments"
        )
        if not moments:
            self.page.show((Paragraph("Nothing with a time is known yet.", "dim"),))
            return
        rows = tuple((f"{m.at:%m-%d %H:%M:%S}", m.node or "–", m.kind, m.words) for m in moments)
        grid = Grid(("TIME (UTC)", "NODE", "KIND", "WHAT"), rows, tuple(m.role for m in moments), leaves=(2,))
        self.page.show((grid,))

    def watch_view(self) -> None:
        super().watch_view()
        self.call_after_refresh(self._to_end)

    def on_show(self) -> None:
        super().on_show()
        self._to_end()

    def _to_end(self) -> None:
        self.page.scroll_end(animate=False)
