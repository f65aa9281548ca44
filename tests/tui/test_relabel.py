"""Relabelling by keys alone: chosen first where labels are the cause, previewed, confirmed, verified, taken back."""

from __future__ import annotations

from tests.tui.conftest import Drive
from tests.tui.test_walk import confirm, previewed, type_into_dialog, writes


async def test_labels_are_seen_repaired_node_by_node_and_taken_back(drive: Drive) -> None:
    async with drive("selinux-wrong-context", size=(80, 24), speed=50) as driver:
        await previewed(driver)
        preview = driver.preview
        assert preview.plan.remedy == "relabel"
        await driver.shows("sudo restorecon -RFv /opt/cni/bin /etc/cni/net.d")
        assert not writes(driver)

        await driver.press("a")
        await driver.shows("Type the context's name")
        await driver.shows("on worker-01, worker-02: sudo")
        await type_into_dialog(driver, driver.state.connection.context)
        await driver.press("tab", "tab", "enter")
        await driver.until(lambda: driver.state.repair.phase == "verified")
        assert [check.state for check in driver.state.repair.checks] == ["pass"] * 4
        assert not driver.state.failing
        deleted = [path.rpartition("/")[2] for method, path in writes(driver) if method == "DELETE"]
        assert {pod.pod for pod in preview.plan.deletes} <= set(deleted)

        await driver.press("u")
        await driver.until(lambda: driver.state.repair.undoing and driver.state.repair.preview is not None)
        await driver.shows("Take back plan")
        await confirm(driver)
        await driver.until(lambda: driver.state.repair.undone)
        labels = {
            driver.lab.world.node(name).files.entries["/opt/cni/bin"].label for name in ("worker-01", "worker-02")
        }
        assert labels == {"system_u:object_r:usr_t:s0"}


async def test_when_the_way_to_a_node_leads_elsewhere_after_the_preview_no_machine_is_touched(drive: Drive) -> None:
    async with drive("selinux-wrong-context", speed=50) as driver:
        await previewed(driver)
        assert [change.node for change in driver.preview.plan.nodes] == ["worker-01", "worker-02"]
        nodes = [driver.lab.world.node(name) for name in driver.lab.world.nodes]
        before = [(list(node.selinux.local_rules), node.files.entries["/opt/cni/bin"].label) for node in nodes]
        await driver.lab.standing.set("ssh lie=other worker-01")
        await confirm(driver)
        await driver.until(lambda: driver.state.repair.phase in ("applied", "verified"))
        await driver.shows("nothing was done: worker-01: another machine")
        await driver.shows("left alone: it stopped after worker-01")
        now = [(list(node.selinux.local_rules), node.files.entries["/opt/cni/bin"].label) for node in nodes]
        assert now == before
        assert not writes(driver)
