"""The preview: the server's own words on what would be stored, and everything that stands in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnitui.domain.finding import Verdict
from cnitui.engine.repair.preview import quiet
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import Forbidden, Invalid, Stale
from cnitui.gateways.journal import FileJournal
from tests.engine.fake_cluster import FakeCluster, daemonset
from tests.engine.remedy_steps import audit_of, make_plan, make_preview, readonly


async def test_the_diff_is_what_the_server_would_store_without_its_bookkeeping(bench: Workbench) -> None:
    shown = await make_preview(bench)
    changed = [line for line in shown.diff if line.startswith(("+", "-"))]
    assert changed == [
        "--- DaemonSet kube-system/calico-node (now)",
        "+++ DaemonSet kube-system/calico-node (as the server would store it)",
        "+        securityContext:",
        "+          privileged: true",
    ]
    assert shown.by_server
    assert not any(word in line for line in shown.diff for word in ("managedFields", "generation", "status"))


async def test_nothing_is_stored_by_it(bench: Workbench, cluster: FakeCluster) -> None:
    before = cluster.stored
    await make_preview(bench)
    assert (cluster.stored, cluster.written) == (before, [])
    assert [(line["event"], line["dry_run"]) for line in audit_of(bench)] == [("dry-run", True)]
    assert bench.journal.plans() == ()


async def test_admission_warnings_and_permissions_are_shown(bench: Workbench, cluster: FakeCluster) -> None:
    cluster.warnings = ("would violate PodSecurity",)
    cluster.forbidden = frozenset({"create pods in kube-system"})
    shown = await make_preview(bench)
    assert shown.warnings == ("would violate PodSecurity",)
    assert [p.words for p in shown.blocked] == ["you may not create pods in kube-system"]


async def test_missing_evidence_asks_for_an_override(bench: Workbench) -> None:
    shown = await make_preview(bench, verdict=Verdict.POSSIBLE)
    assert [problem.kind for problem in shown.needs_override] == ["evidence"]
    assert shown.blocked == ()


async def test_a_namespace_that_refuses_the_pods_asks_for_an_override(bench: Workbench, cluster: FakeCluster) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    cluster.others["namespaces", "kube-system"] = {"metadata": {"labels": labels}}
    shown = await make_preview(bench)
    assert [problem.kind for problem in shown.needs_override] == ["pod-security"]


async def test_without_permission_the_diff_is_computed_here_and_says_so(bench: Workbench, cluster: FakeCluster) -> None:
    cluster.refuse = Forbidden("User viewer cannot patch daemonsets", status=403)
    shown = await make_preview(bench)
    assert not shown.by_server
    assert "as cnitui computes it" in shown.diff[1]
    assert "+          privileged: true" in shown.diff
    assert [problem.kind for problem in shown.blocked] == ["forbidden"]


async def test_a_refusal_by_admission_blocks_with_its_own_words(bench: Workbench, cluster: FakeCluster) -> None:
    cluster.refuse = Invalid("denied request: install-cni must not be privileged", status=422)
    shown = await make_preview(bench)
    assert [(p.kind, p.words, p.overridable) for p in shown.problems] == [
        ("refused", "denied request: install-cni must not be privileged", False)
    ]


async def test_a_webhook_that_cannot_do_dry_runs_may_be_overridden(bench: Workbench, cluster: FakeCluster) -> None:
    cluster.refuse = Invalid('admission webhook "x" does not support dry run', status=400)
    shown = await make_preview(bench)
    assert [problem.overridable for problem in shown.problems] == [True]


async def test_an_object_changed_since_the_plan_is_stale(bench: Workbench, cluster: FakeCluster) -> None:
    plan = await make_plan(bench)
    cluster.stored["metadata"]["generation"] += 1
    from cnitui.engine.repair.preview import preview

    with pytest.raises(Stale, match="/metadata/generation is not 3 any more"):
        await preview(bench, plan)


async def test_read_only_shows_everything_and_blocks(bench: Workbench) -> None:
    shown = await make_preview(readonly(bench))
    assert shown.diff
    assert [problem.kind for problem in shown.blocked] == ["readonly"]


async def test_a_state_folder_that_cannot_be_written_is_known_before_the_confirmation(
    bench: Workbench, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    broken = Workbench(bench.api, FileJournal(tmp_path / "file"), bench.clock, bench.render)
    shown = await make_preview(broken)
    assert [problem.kind for problem in shown.blocked] == ["state"]


def test_quiet_keeps_the_order_and_drops_only_bookkeeping() -> None:
    document = daemonset()
    document["metadata"]["annotations"]["team"] = "net"
    shown = quiet(document)
    assert list(shown) == ["apiVersion", "kind", "metadata", "spec"]
    assert shown["metadata"] == {"name": "calico-node", "namespace": "kube-system", "annotations": {"team": "net"}}
