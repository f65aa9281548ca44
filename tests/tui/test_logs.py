"""What a person does with the logs on a live cluster: another container, the comparison, and both moments."""

from __future__ import annotations

from cnitui.tui.panes.logs import LogsPane
from cnitui.tui.panes.pods import PodsPane
from cnitui.tui.screens.logs import ContainerScreen
from cnitui.tui.widgets.log.comparison import LogComparison
from cnitui.tui.widgets.log.grid import LogGrid
from cnitui.tui.widgets.log.merged import MergedPane
from cnitui.tui.widgets.log.pane import LogPane
from tests.tui.conftest import Drive, Driver


def titles(driver: Driver) -> dict[str, str]:
    """The title of each log pane in view, by node."""
    panes = [pane for pane in driver.screen.query(LogPane) if pane.display]
    return {pane.feed.node: pane.render_line(0).text for pane in panes}


def focused(driver: Driver) -> str:
    """The node whose log has the focus."""
    pane = driver.app.focused
    return pane.feed.node if isinstance(pane, LogPane) else ""


async def test_any_container_of_the_pod_is_shown_on_one_node_or_on_all(drive: Drive) -> None:
    async with drive(size=(200, 50)) as driver:
        await driver.judged()
        await driver.press("f2")
        await driver.until(lambda: len(titles(driver)) == 3)
        await driver.press("tab")
        assert focused(driver) == "worker-01"

        await driver.press("C")
        await driver.until(lambda: isinstance(driver.app.screen, ContainerScreen))
        for words in (
            "the one that fails",
            "upgrade-ipam",
            "init · completed",
            "install-cni",
            "main · PodInitializing",
        ):
            assert words in driver.text()
        await driver.press("j", "enter")
        await driver.until(lambda: "worker-01 upgrade-ipam" in titles(driver)["worker-01"])
        assert "upgrade-ipam" not in titles(driver)["worker-02"]
        await driver.until(lambda: focused(driver) == "worker-01")
        await driver.shows("migrating from host-local to calico-ipam")

        await driver.press("C", "j", "j", "j", "a")
        await driver.until(lambda: all("calico-node" in title for title in titles(driver).values()))
        await driver.press("C", "g", "a")
        await driver.until(lambda: not any("calico-node" in title for title in titles(driver).values()))
        await driver.press("C", "escape")
        await driver.until(lambda: driver.app.screen is driver.screen)


async def test_the_comparison_takes_the_place_of_the_panes_and_gives_it_back(drive: Drive) -> None:
    async with drive(size=(120, 35)) as driver:
        await driver.judged()
        await driver.press("f2")
        await driver.until(lambda: len(titles(driver)) == 3)
        await driver.press("equals_sign")
        await driver.shows("worker-01, worker-02: first difference")
        comparison = driver.screen.query_one(LogComparison)
        assert driver.app.focused is comparison
        assert "≠ /host/opt/cni/bin is not writeable" in driver.text(comparison)
        assert not driver.screen.query_one(LogGrid).display

        await driver.press("f1", "f2")
        assert driver.app.focused is comparison
        driver.screen.query_one(LogsPane).chosen = ("worker-02",)
        await driver.shows("─ ▸ worker-02: first difference")
        await driver.press("equals_sign")
        await driver.until(lambda: isinstance(driver.app.focused, LogPane))
        assert not comparison.display


async def test_all_logs_are_one_by_time_and_a_highlight_is_in_all_of_them_besides_a_search(drive: Drive) -> None:
    async with drive(size=(160, 45)) as driver:
        await driver.judged()
        await driver.press("f2")
        await driver.until(lambda: len(titles(driver)) == 3)
        await driver.press("h", *"opt/cni", "enter", "slash", *"cni/bin", "enter")
        panes = [pane for pane in driver.screen.query(LogPane) if pane.display]
        await driver.until(lambda: all(pane.highlighted is not None for pane in panes))
        marked = [pane for pane in panes if _inks(pane, "highlight")]
        assert len(marked) == 3
        assert sum(bool(_inks(pane, "match") or _inks(pane, "current-match")) for pane in panes) == 1

        await driver.press("T")
        await driver.shows("3 logs by time")
        merged = driver.screen.query_one(MergedPane)
        await driver.until(lambda: driver.app.focused is merged)
        await driver.until(
            lambda: "worker-01 FATAL" in driver.text(merged) and "worker-02 FATAL" in driver.text(merged)
        )
        assert _inks(merged, "highlight")
        assert driver.screen.node == driver.screen.query_one(PodsPane).node
        length = len(merged.feed.lines)
        await driver.until(lambda: len(merged.feed.lines) > length)

        await driver.press("equals_sign")
        await driver.shows("first difference")
        await driver.until(lambda: not driver.screen.query(MergedPane))
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.focused, LogPane))
        assert driver.screen.single == "logs"


def _inks(pane: LogPane, name: str) -> list[str]:
    """The texts that are drawn on the ground of this name."""
    grounds = {pane.ink(role, name).bgcolor for role in ("normal", "dim")}
    rows = [pane.render_line(y) for y in range(1, pane.size.height)]
    return [segment.text for row in rows for segment in row if segment.style and segment.style.bgcolor in grounds]
