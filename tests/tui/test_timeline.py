"""The timeline on a live cluster: the logs go where its cursor goes, and it is a list, a group, a click away."""

from __future__ import annotations

from cnitui.engine.logs.kept import Rule
from cnitui.engine.logs.stamps import time_of
from cnitui.tui.palette.bound import bound_offers
from cnitui.tui.panes.timeline import TimelinePane
from cnitui.tui.widgets.log.pane import LogPane
from cnitui.tui.widgets.timeline.picture import TimelinePicture
from tests.engine.guide.states import cluster, incident, judged
from tests.tui.conftest import Drive, Driver
from tests.tui.showing import showing


def picture(driver: Driver) -> TimelinePicture:
    return driver.screen.query_one(TimelinePicture)


def log_of(driver: Driver, node: str) -> LogPane | None:
    """The pane of the node's log, if it is in view."""
    panes = [pane for pane in driver.screen.query(LogPane) if pane.display and pane.size]
    return next((pane for pane in panes if pane.feed.node == node), None)


def stands_at(driver: Driver, node: str) -> bool:
    """Whether the node's log is in view, at the first of its lines that is not older than the cursor."""
    pane, cursor = log_of(driver, node), picture(driver).cursor
    if pane is None or cursor is None or pane.current < 0:
        return False
    here, before = (pane.feed.lines[number] for number in (pane.current, max(pane.current - 1, 0)))
    at, earlier = (one.time if isinstance(one, Rule) else time_of(one) for one in (here, before))
    in_view = 0 <= pane.view.row_of(pane.current) - pane.scroll_offset.y < pane.page
    first = pane.current == 0 or earlier is None or earlier < cursor[0]
    return in_view and at is not None and at >= cursor[0] and first


async def drawn(driver: Driver) -> None:
    """The picture is there, with attempts of both workers, and their logs were read."""
    await driver.judged()
    await driver.until(lambda: (log := driver.screen.query(LogPane)) and all(len(pane.feed.lines) for pane in log))
    await driver.press("f6")
    await driver.until(lambda: (told := picture(driver).drawn) and all(one.bars for one in told.chart.tracks))


async def test_the_logs_below_go_where_the_cursor_goes(drive: Drive) -> None:
    async with drive(size=(160, 45), speed=1) as driver:
        await drawn(driver)
        assert driver.screen.query_one(TimelinePane).region.bottom <= driver.screen.query_one("#logs").region.y
        assert picture(driver).has_focus
        await driver.press("g", "j", "right")
        node = picture(driver).node
        await driver.until(lambda: stands_at(driver, node))
        await driver.press("enter")
        await driver.until(lambda: (pane := log_of(driver, node)) and pane.has_focus)
        assert driver.screen.single == "timeline"
        await driver.press("shift+tab", "shift+tab", "shift+tab")
        await driver.until(lambda: picture(driver).has_focus)
        await driver.press("v")
        await driver.until(lambda: not driver.screen.query_one("#logs").display)
        await driver.shows("TIME (UTC)")


async def test_on_a_small_screen_enter_brings_the_log_of_that_moment(drive: Drive) -> None:
    async with drive(size=(80, 24), speed=1) as driver:
        await driver.judged()
        await driver.press("f6")
        await driver.until(lambda: (told := picture(driver).drawn) and all(one.bars for one in told.chart.tracks))
        await driver.press("g", "n", "n", "n", "j", "k")
        node = picture(driver).node
        await driver.press("enter")
        assert driver.screen.single == "logs"
        await driver.until(lambda: stands_at(driver, node))
        await driver.press("f6")
        await driver.until(lambda: picture(driver).has_focus)
        assert picture(driver).node == node, "the cursor is where it was"


async def test_keys_mean_the_node_of_the_lane_and_walk_the_members_of_its_group() -> None:
    state = judged(cluster([f"worker-{number:02}" for number in range(60)]))
    async with showing(state, (120, 35)) as (app, pilot):
        await pilot.press("f6")
        told = app.main.query_one(TimelinePicture)
        await pilot.press("g")
        assert app.main.node == told.node == "worker-00"
        await pilot.press(">")
        await pilot.pause()
        assert app.main.node == told.node == "worker-01"
        await pilot.press("down")
        assert app.main.node == "master-01"


async def test_every_key_of_it_is_a_command_that_brings_it() -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        await pilot.press("f6", "f1")
        offers = {offer.line: offer for offer in bound_offers(app.screen)}
        assert {"timeline: list", "timeline: next", "timeline: logs", "timeline: further"} <= set(offers)
        assert "timeline: picture" not in offers, "it is drawn already"
        for line in ("timeline: closer", "timeline: list"):
            done = offers[line].run()
            assert done is not None
            await done  # type: ignore[misc]
            await pilot.pause()
            assert app.main.single == "timeline"
        assert app.main.query_one(TimelinePicture).window is not None
        assert "TIME (UTC)" in app.text
        lines = {offer.line for offer in bound_offers(app.screen)}
        assert "timeline: picture" in lines
        assert not lines & {"timeline: list", "timeline: closer"}, "a list is not zoomed"
