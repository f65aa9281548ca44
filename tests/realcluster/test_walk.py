"""The whole walk at a real API server: launch, see, be guided, preview, override, apply, verify, undo.

No node can be read there, so a cause is never more than a candidate and applying needs a reason. Each test asks the
cluster what state it is in and is skipped in the others. All states, in a shell that knows the harness's folder as H
and has its kubectl on the PATH:

    for s in broken stock policy; do
        export REALCLUSTER_RUN="$(mktemp -d)/run"
        eval "$("$H/up" --state $s)"
        CNITUI_TEST_CLUSTER=1 .venv/bin/pytest tests/realcluster -v -rs
        "$H/down"
    done
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from cnitui.domain.finding import Verdict
from cnitui.engine.logs.board import LogBoard
from cnitui.engine.repair.preview import Preview
from tests.realcluster.audit import ADMIN, Write, dry_runs, stored
from tests.realcluster.conftest import RENEWABLE, RealCluster, only_in
from tests.realcluster.sitting import CALICO, ROLLOUT, Sitting, begin_anew, sitting

pytestmark = pytest.mark.realcluster

REASON = "no node access here, agreed in the channel"
POLICY_SAYS = "privileged init containers need an exception from the platform team (ticket queue PLAT-SEC)"
DAEMONSET = "daemonsets/calico-node"


async def test_every_row_says_what_kubectl_says(state: str, realcluster: RealCluster, tmp_path: Path) -> None:
    """READY, STATUS and RESTARTS, compared when nothing changed while kubectl looked."""
    only_in(state, *RENEWABLE, "stock")
    if state != "stock":
        await begin_anew(realcluster)
    async with sitting(realcluster, tmp_path) as seat:
        await seat.until(lambda: len(seat.state.rows) == 3 and seat.state.settled)
        await seat.press("f")
        for _ in range(50):
            pods, shown = seat.state.pods, seat.text()
            printed = await asyncio.to_thread(realcluster.kubectl, "get", "pods", *CALICO, "--no-headers")
            await seat.pilot.pause(0.1)
            if seat.state.pods == pods and seat.text() == shown:
                break
        else:
            pytest.fail("the pods never stood still")
        wanted = sorted(line.split()[:4] for line in printed.splitlines())
        assert sorted(row_of(shown, name) for name, *_ in wanted) == wanted
        assert (max(int(restarts) for *_, restarts in wanted) > 0) == (state != "stock")


def row_of(shown: str, pod: str) -> list[str]:
    """Name, READY, STATUS and RESTARTS of a pod's row on the screen, the sign before the status left out."""
    words = next(line for line in shown.splitlines() if pod in line).split()
    name, ready, _sign, status, restarts, *_ = words[words.index(pod) :]
    return [name, ready, status, restarts]


async def test_the_logs_of_all_attempts_are_what_kubectl_showed_of_each(
    state: str, realcluster: RealCluster, tmp_path: Path
) -> None:
    only_in(state, *RENEWABLE)
    workers = await begin_anew(realcluster)
    async with sitting(realcluster, tmp_path) as seat:
        await seat.judged()
        await seat.press("f2")
        assert seat.screen.session is not None
        board = seat.screen.session.logs
        witnesses = [asyncio.create_task(all_that_kubectl_shows(realcluster, seat, node)) for node in workers]
        await seat.until(lambda: all(len(board.feed(node).attempts) >= 5 for node in workers), ROLLOUT)
        for node, seen in zip(workers, [await witness for witness in witnesses], strict=True):
            kept = lines_of(board, node)
            assert len(seen) > 8, "kubectl showed three attempts at least"
            assert seen <= set(kept)
            assert kept == sorted(kept), "the attempts' lines are in the order of the server's times"
        for words in (
            "found no writeable directory, exiting",
            "/host/opt/cni/bin is not writeable",
            "exit 1",
            "back-off",
        ):
            assert words in seat.text()


async def all_that_kubectl_shows(real: RealCluster, seat: Sitting, node: str) -> set[bytes]:
    """The lines of a node's attempts as `kubectl logs --timestamps` shows them, until the pane has five attempts."""
    assert seat.screen.session is not None
    feed, pod = seat.screen.session.logs.feed(node), seat.state.pod(node)
    assert pod is not None
    seen: set[bytes] = set()
    while len(feed.attempts) < 5:
        arguments = ("-n", pod.namespace, "logs", pod.name, "-c", "install-cni", "--timestamps")
        seen.update((await asyncio.to_thread(real.kubectl, *arguments)).encode().splitlines())
    return seen


def lines_of(board: LogBoard, node: str) -> list[bytes]:
    """The container's own lines that a pane has kept, as they came."""
    return [entry for entry in board.feed(node).lines.since(0) if isinstance(entry, bytes)]


async def test_without_node_access_there_are_candidates_and_the_command_that_would_decide(
    state: str, realcluster: RealCluster, tmp_path: Path
) -> None:
    only_in(state, *RENEWABLE)
    workers = await begin_anew(realcluster)
    async with sitting(realcluster, tmp_path) as seat:
        await seat.judged()
        assert tuple(pod.node for pod in seat.state.failing) == workers
        diagnosis = seat.state.diagnosis
        assert diagnosis is not None
        assert diagnosis.confident == ()
        candidates = {finding.cause for finding in diagnosis.findings if finding.verdict is Verdict.POSSIBLE}
        assert candidates >= {"selinux-denial", "read-only-filesystem", "disk-full", "host-permission"}
        await seat.shows("NOT PROVEN")
        await seat.to_step(6)
        await seat.reads("Not proven. It could be: ")
        await seat.reads("What would settle what is open")
        await seat.reads(f"ssh {workers[0]} ")
        for verdict in ("CONFIRMED", "LIKELY"):
            assert verdict not in seat.text()


async def test_the_incident_is_repaired_verified_and_taken_back_and_nothing_else_is_written(
    state: str, realcluster: RealCluster, tmp_path: Path
) -> None:
    only_in(state, "broken")
    await begin_anew(realcluster)
    before, begun = template_of(realcluster), len(realcluster.audited())
    async with sitting(realcluster, tmp_path) as seat:
        await seat.judged()
        for number in range(1, 8):
            await seat.to_step(number)
        await seat.choose("patch-daemonset")
        seen = await shown_preview(seat)
        assert added(seen) == ["+        securityContext:", "+          privileged: true"]
        assert stored(realcluster.audited()[begun:]) == []

        await apply_and_verify(seat)
        assert [check.state for check in seat.state.repair.checks] == ["pass", "pass", "unknown", "pass"]
        assert not seat.state.failing
        taken_back = await undo(seat)
    assert template_of(realcluster) == before
    entries = realcluster.audited()[begun:]
    assert_only_the_plan_was_written(stored(entries), seen, taken_back)
    assert {write.target for write in dry_runs(entries)} == {DAEMONSET}
    applies = [line for line in journal(tmp_path) if line["event"] == "apply"]
    assert [line["override"] for line in applies] == [REASON, ""]


async def shown_preview(seat: Sitting) -> Preview:
    """The preview on the screen: what the server would store, what it touches, and that a reason is needed."""
    seen = seat.state.repair.preview
    assert seen is not None
    assert seen.by_server
    assert not seen.blocked
    assert [problem.kind for problem in seen.needs_override] == ["evidence"]
    await seat.shows("Nothing has been changed yet.")
    await seat.reads("can be overridden with a reason")
    assert seat.guide.step == 8
    return seen


def added(seen: Preview) -> list[str]:
    """The lines that the server would add."""
    return [line for line in seen.diff if line.startswith("+") and not line.startswith("+++")]


async def apply_and_verify(seat: Sitting) -> None:
    """Nothing goes without a reason; with one, the controller rolls and the four checks follow by themselves."""
    await seat.press("a", "tab", *seat.state.connection.context)
    await seat.shows("This needs an override, which is recorded")
    assert seat.app.screen.query_one("#go").disabled
    await seat.press("escape")
    await seat.confirm(REASON)
    await seat.until(lambda: seat.state.repair.phase == "verified", ROLLOUT)
    rollout = seat.state.repair.rollout
    assert rollout is not None
    assert rollout.outcome == "done"
    await seat.until(lambda: seat.guide.step == 10)


async def undo(seat: Sitting) -> Preview:
    """Take it back: previewed, confirmed and followed like any other plan; on the real controller it fails again."""
    await seat.press("u")
    await seat.until(lambda: seat.state.repair.undoing and seat.state.repair.preview is not None)
    seen = seat.state.repair.preview
    assert seen is not None
    await seat.confirm()
    await seat.until(lambda: seat.state.repair.undone and seat.state.failing, ROLLOUT)
    return seen


def assert_only_the_plan_was_written(
    writes: Sequence[Write], seen: Preview, taken_back: Preview, user: str = ADMIN
) -> None:
    """By whom, what, in this order; and the two patches, to the letter."""
    test_pod = seen.plan.test_pod
    assert test_pod is not None
    assert [write.told for write in writes] == [
        (user, "patch", DAEMONSET),
        (user, "create", f"pods/{test_pod.name}"),
        (user, "delete", f"pods/{test_pod.name}"),
        (user, "patch", DAEMONSET),
    ]
    assert all(200 <= write.code < 300 for write in writes)
    assert writes[0].body == seen.plan.changes[0].body
    assert writes[3].body == taken_back.plan.changes[0].body


def journal(folder: Path) -> list[dict[str, object]]:
    """Our own audit log."""
    return [json.loads(line) for line in (folder / "state" / "audit.jsonl").read_text().splitlines()]


def template_of(real: RealCluster) -> object:
    text = real.kubectl("-n", "kube-system", "get", "daemonset", "calico-node", "-o", "json")
    return json.loads(text)["spec"]["template"]


async def test_a_policy_refuses_in_its_own_words_and_the_selinux_type_heals(
    state: str, realcluster: RealCluster, tmp_path: Path
) -> None:
    only_in(state, "policy")
    await begin_anew(realcluster)
    begun = len(realcluster.audited())
    async with sitting(realcluster, tmp_path, size=(80, 24)) as seat:
        await seat.judged()
        await seat.choose("patch-daemonset")
        refused = seat.state.repair.preview
        assert refused is not None
        assert [problem.kind for problem in refused.blocked] == ["refused"]
        await seat.reads(POLICY_SAYS)
        await seat.press("a")
        assert seat.app.screen is seat.screen, "there is no dialog for what cannot be applied"
        assert stored(realcluster.audited()[begun:]) == []

        await seat.choose("selinux-type")
        seen = await shown_preview(seat)
        assert added(seen)[-1] == "+            type: spc_t"
        await apply_and_verify(seat)
        assert [check.state for check in seat.state.repair.checks] == ["pass", "pass", "unknown", "pass"]
        taken_back = await undo(seat)
    assert_only_the_plan_was_written(stored(realcluster.audited()[begun:]), seen, taken_back)


async def test_a_stock_cluster_is_one_quiet_line_and_there_is_nothing_to_do(
    state: str, realcluster: RealCluster, tmp_path: Path
) -> None:
    only_in(state, "stock")
    begun = len(realcluster.audited())
    async with sitting(realcluster, tmp_path) as seat:
        await seat.shows("all 3 nodes healthy")
        await seat.shows("nothing to do")
        await seat.look_at("patch-daemonset")
        await seat.reads("does not fit: nothing fails")
        await seat.press("enter")
        assert (seat.state.repair.chosen, seat.state.repair.preview) == ("", None)
    assert stored(realcluster.audited()[begun:]) == []
