"""The repair as a person goes through it: choose, preview, apply, verify, take back; and what it refuses meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.evidence import CaseFile, Observed, Reading, Source
from cnitui.domain.facts import CniFiles
from cnitui.domain.finding import Diagnosis, Verdict
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.bench import Repair
from cnitui.engine.repair.state import Phase
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import ClusterUnreachable, NothingToUndo, Stale, UsageError
from tests.engine.fake_cluster import FakeCluster, case_of, daemonset, diagnosis_of, heals, pod, selinux
from tests.engine.remedy_steps import YES, case_now, readonly

BROKEN = diagnosis_of(selinux(Verdict.CONFIRMED, "worker-01", "worker-02"))


class Sitting:
    """A repair, and every phase its state went through."""

    def __init__(self, bench: Workbench, diagnosis: Diagnosis = BROKEN) -> None:
        self.phases: list[Phase] = []
        self.repair = Repair(bench, self._changed)
        self.case, self.diagnosis = case_now(bench), diagnosis
        self.repair.judged(self.case, diagnosis)

    def _changed(self) -> None:
        phase = self.repair.state.phase
        if self.phases[-1:] != [phase]:
            self.phases.append(phase)

    async def choose(self, name: str = "patch-daemonset") -> None:
        """Choose a remedy in the situation as it is."""
        await self.repair.choose(name, self.case, self.diagnosis)

    @property
    def did(self) -> list[str]:
        """Our actions, in their order."""
        return [action.words for action in self.repair.state.actions]


@pytest.fixture
def sitting(bench: Workbench) -> Sitting:
    """A repair that knows the diagnosis."""
    return Sitting(bench)


async def files(node: str) -> Reading[CniFiles]:
    """Every node has the same files."""
    return Observed(CniFiles(("calico", "calico-ipam"), ("10-calico.conflist",)), Source(f"ssh {node}", node))


def test_remedies_that_fit_come_first_in_the_order_of_the_leading_cause(bench: Workbench) -> None:
    finding = replace(selinux(), remedies=("selinux-type", "patch-daemonset"))
    options = Sitting(bench, diagnosis_of(finding)).repair.state.options
    fits = [option.fits for option in options]
    assert fits == sorted(fits, reverse=True)
    assert [option.remedy.id for option in options[:2]] == ["selinux-type", "patch-daemonset"]
    assert options[-1].remedy.id == "permissive"


def test_the_same_diagnosis_again_changes_nothing(sitting: Sitting) -> None:
    before = sitting.repair.state
    sitting.repair.judged(CaseFile(), sitting.diagnosis)
    assert sitting.repair.state is before


def test_every_confident_cause_has_its_advice_once(bench: Workbench) -> None:
    twice = diagnosis_of(selinux(Verdict.CONFIRMED, "worker-01"), selinux(Verdict.LIKELY, "worker-02"))
    assert [one.cause for one in Sitting(bench, twice).repair.state.advice] == ["selinux-denial"]


async def test_choosing_previews_and_writes_nothing(sitting: Sitting, cluster: FakeCluster) -> None:
    await sitting.choose()
    state = sitting.repair.state
    assert sitting.phases == ["planning", "planned"]
    assert state.preview is not None
    assert state.chosen == state.considered == "patch-daemonset"
    assert sitting.did == [f"previewed {state.preview.plan.title} by server dry run"]
    assert not cluster.written


async def test_a_remedy_that_is_only_explained_says_so(sitting: Sitting) -> None:
    await sitting.choose("permissive")
    assert sitting.repair.state.phase == "idle"
    assert "explained, not applied" in sitting.repair.state.no_plan


async def test_a_remedy_that_would_change_nothing_says_why(bench: Workbench, cluster: FakeCluster) -> None:
    cluster.stored = daemonset({"securityContext": {"privileged": True}})
    cluster.show(pod("master-01", privileged=True), pod("worker-01", failing=True, privileged=True))
    sitting = Sitting(bench)
    await sitting.choose()
    assert sitting.repair.state.preview is None
    assert sitting.repair.state.no_plan


async def test_a_plan_that_cannot_be_made_is_told(
    sitting: Sitting, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(_: object) -> dict[str, object]:
        raise ClusterUnreachable("the API server does not answer")

    monkeypatch.setattr(cluster, "get", unreachable)
    await sitting.choose()
    assert sitting.phases == ["planning", "idle"]
    assert isinstance(sitting.repair.state.error, ClusterUnreachable)


async def test_applying_patches_follows_the_rollout_and_says_what_it_did(
    sitting: Sitting, cluster: FakeCluster
) -> None:
    cluster.controller = heals
    await sitting.choose()
    assert await sitting.repair.apply(YES)
    state = sitting.repair.state
    assert state.applied is state.preview
    assert state.rollout is not None
    assert state.rollout.outcome == "done"
    assert state.diagnosed is sitting.diagnosis
    assert cluster.written == [("patch", "DaemonSet kube-system/calico-node")]
    assert [words.split()[0] for words in sitting.did] == ["previewed", "recorded", "patched"]


async def test_what_was_applied_is_not_applied_again(sitting: Sitting, cluster: FakeCluster) -> None:
    cluster.controller = heals
    await sitting.choose()
    await sitting.repair.apply(YES)
    before = sitting.repair.state
    assert not await sitting.repair.apply(YES)
    assert sitting.repair.state is before
    assert len(cluster.written) == 1


async def test_nothing_is_applied_without_a_preview(sitting: Sitting, cluster: FakeCluster) -> None:
    assert not await sitting.repair.apply(YES)
    assert not cluster.log


async def test_a_wrong_name_is_an_error_and_leaves_the_plan_standing(sitting: Sitting, cluster: FakeCluster) -> None:
    await sitting.choose()
    assert not await sitting.repair.apply(Confirmation("production"))
    assert isinstance(sitting.repair.state.error, UsageError)
    assert sitting.repair.state.phase == "planned"
    assert not cluster.written


async def test_a_preview_that_came_too_late_is_refused(sitting: Sitting, cluster: FakeCluster) -> None:
    await sitting.choose()
    cluster.stored["metadata"]["generation"] += 1
    assert not await sitting.repair.apply(YES)
    assert isinstance(sitting.repair.state.error, Stale)
    assert not cluster.written


async def test_read_only_previews_and_never_writes(bench: Workbench, cluster: FakeCluster) -> None:
    sitting = Sitting(readonly(bench))
    await sitting.choose()
    assert sitting.repair.state.preview is not None
    assert sitting.repair.state.preview.blocked
    assert not await sitting.repair.apply(YES)
    assert not cluster.written


async def test_a_missing_proof_needs_a_reason_which_is_kept(bench: Workbench, cluster: FakeCluster) -> None:
    cluster.controller = heals
    sitting = Sitting(bench, diagnosis_of(selinux(Verdict.POSSIBLE, "worker-01")))
    await sitting.choose()
    assert sitting.repair.state.preview is not None
    assert sitting.repair.state.preview.needs_override
    assert not await sitting.repair.apply(YES)
    assert await sitting.repair.apply(Confirmation("lab", "the maintenance window ends"))
    assert sitting.repair.state.override == "the maintenance window ends"


@pytest.mark.parametrize("phase", ["applying", "verifying"])
async def test_while_something_is_written_or_verified_nothing_else_is_planned(sitting: Sitting, phase: Phase) -> None:
    await sitting.choose()
    during = sitting.repair.state = replace(sitting.repair.state, phase=phase)
    await sitting.choose("selinux-type")
    await sitting.repair.plan_undo()
    assert not await sitting.repair.apply(YES)
    assert sitting.repair.state is during


async def test_verification_makes_the_four_checks_and_removes_its_pod(sitting: Sitting, cluster: FakeCluster) -> None:
    cluster.controller = heals
    await sitting.choose()
    await sitting.repair.apply(YES)
    await sitting.repair.verify(("worker-01", "worker-02"), "master-01", files)
    state = sitting.repair.state
    assert state.phase == "verified"
    assert [check.id for check in state.checks] == ["pods", "nodes", "files", "test-pod"]
    assert all(check.ended for check in state.checks)
    assert {check.id for check in state.checks if check.state == "pass"} >= {"pods", "nodes", "files"}
    assert [verb for verb, _ in cluster.written if verb != "patch"] == ["create", "delete"]


async def test_there_is_nothing_to_verify_before_something_was_applied(sitting: Sitting, cluster: FakeCluster) -> None:
    await sitting.repair.verify(("worker-01",), "master-01", files)
    assert sitting.repair.state.checks == ()
    assert not cluster.log


async def test_a_change_is_taken_back_by_a_previewed_plan_of_its_own(sitting: Sitting, cluster: FakeCluster) -> None:
    before = cluster.stored["spec"]
    cluster.controller = heals
    await sitting.choose()
    await sitting.repair.apply(YES)
    await sitting.repair.plan_undo()
    assert sitting.repair.state.undoing
    assert sitting.repair.state.preview is not None
    assert sitting.repair.state.phase == "planned"
    await sitting.repair.apply(YES)
    assert sitting.repair.state.undone
    assert cluster.stored["spec"] == before


async def test_nothing_to_take_back_is_told(sitting: Sitting) -> None:
    await sitting.repair.plan_undo()
    assert isinstance(sitting.repair.state.error, NothingToUndo)
    assert sitting.repair.state.phase == "idle"
    assert not sitting.repair.state.undoing


def test_a_new_diagnosis_leaves_the_preview_as_it_is(sitting: Sitting) -> None:
    sitting.repair.state = replace(sitting.repair.state, phase="planned", chosen="patch-daemonset")
    sitting.repair.judged(case_of((pod("worker-01"),)), diagnosis_of())
    assert sitting.repair.state.chosen == "patch-daemonset"
    assert sitting.repair.state.phase == "planned"
