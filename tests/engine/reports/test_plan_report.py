"""The report of an applied plan: from the journal alone, complete, and literal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnitui.domain.finding import Verdict
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.bench import Repair
from cnitui.engine.repair.workbench import DIAGNOSIS, OUTCOME, PLAN, UNDONE, VERIFICATION, Workbench
from cnitui.engine.reports.plan_report import as_plan_markdown, plan_report
from cnitui.errors import StateError
from cnitui.gateways.journal import FileJournal
from tests.engine.fake_cluster import FakeClock, FakeCluster, case_of, diagnosis_of, heals, selinux
from tests.running import cnitui
from tests.schemas import objections

OLD, NEW = "20260102T030405Z-1a2b", "20260103T030405Z-1a2b"
BODY = {
    "title": "install-cni: securityContext.privileged: true",
    "target": {"kind": "DaemonSet", "namespace": "kube-system", "name": "calico-node"},
    "changes": [{"by_hand": "kubectl patch `x`"}],
    "restarts": [{"pod": "calico-node-x", "node": "worker-01"}],
}


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    return FileJournal(tmp_path, FakeClock().now)


def test_a_plan_is_told_from_finding_to_verification(journal: FileJournal) -> None:
    journal.keep(NEW, PLAN, {"context": "<b>prod</b>", "at": "then", "plan": BODY})
    cause = {"verdict": "confirmed", "title": "SELinux stops it", "nodes": ["worker-01"], "because": "a denial"}
    journal.keep(NEW, DIAGNOSIS, {"causes": [cause, {**cause, "verdict": "possible", "title": "another"}]})
    journal.keep(NEW, OUTCOME, {"state": "done", "words": "3 of 3 ready", "at": "later"})
    journal.keep(NEW, VERIFICATION, {"checks": [{"id": "pods", "state": "pass", "words": "all run"}]})
    journal.keep(NEW, UNDONE, {"by": OLD, "at": "at last"})
    text = as_plan_markdown(plan_report(journal, NEW))
    assert "- context: \\<b\\>prod\\</b\\>" in text
    assert "- confirmed: SELinux stops it on worker-01; a denial" in text
    assert "another" not in text
    assert "- by hand: ``kubectl patch `x` ``" in text or "- by hand: `` kubectl patch `x` ``" in text
    assert "- restarts pod calico-node-x on worker-01" in text
    assert "- outcome: done, 3 of 3 ready, later" in text
    assert "- pods: pass, all run" in text
    assert f"- taken back by plan {OLD} at at last" in text


async def test_what_was_known_when_a_plan_was_applied_is_in_its_report(bench: Workbench, cluster: FakeCluster) -> None:
    case, diagnosis = case_of(cluster.pod_list), diagnosis_of(selinux(Verdict.CONFIRMED, "worker-01", "worker-02"))
    repair = Repair(bench, lambda: None)
    repair.judged(case, diagnosis)
    await repair.choose("patch-daemonset", case, diagnosis)
    seen = repair.state.preview
    assert seen is not None, repair.state
    cluster.controller = heals
    await repair.apply(Confirmation(seen.context, "because"))
    assert repair.state.error is None
    text = as_plan_markdown(plan_report(bench.journal))
    assert "- confirmed: SELinux stops install-cni on worker-01, worker-02; a denial is on record" in text
    assert "- outcome: done" in text
    assert objections(plan_report(bench.journal)) == []


def test_without_an_id_the_latest_plan_is_meant(journal: FileJournal) -> None:
    for plan_id in (OLD, NEW):
        journal.keep(plan_id, PLAN, {"plan": BODY})
    assert plan_report(journal)["id"] == NEW
    text = as_plan_markdown(plan_report(journal, OLD))
    assert OLD in text
    assert "- outcome: not known" in text
    assert "Nothing was verified." in text


@pytest.mark.parametrize("plan", [[], {}, {"plan": 3}, {"plan": {"changes": 1, "target": [], "restarts": {}}}])
def test_a_plan_of_another_shape_is_told_as_far_as_it_goes(journal: FileJournal, plan: object) -> None:
    journal.keep(NEW, PLAN, plan)
    assert NEW in as_plan_markdown(plan_report(journal))


def test_nothing_applied_is_said(journal: FileJournal) -> None:
    with pytest.raises(StateError, match="No plan was applied yet"):
        plan_report(journal)
    with pytest.raises(StateError, match="no plan's id"):
        plan_report(journal, "../x")


async def test_the_command_prints_markdown_or_json_and_needs_no_cluster(tmp_path: Path) -> None:
    nothing = await cnitui(tmp_path, "report")
    assert (nothing.code, nothing.out) == (1, "")
    FileJournal(tmp_path / "state" / "cnitui").keep(NEW, PLAN, {"plan": BODY})
    told = await cnitui(tmp_path, "report")
    assert (told.code, told.out.splitlines()[0]) == (0, f"# Report of plan {NEW}")
    data = await cnitui(tmp_path, "report", NEW, "-o", "json")
    assert json.loads(data.out)["schema"] == "cnitui/plan-report/v1"
