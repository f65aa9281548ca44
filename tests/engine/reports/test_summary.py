"""What the incident channel is told: a few lines that stand for themselves, without secrets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import CalicoInstall
from cnitui.domain.finding import Diagnosis, Evidence, Finding, Judgement, NextEvidence, Verdict
from cnitui.domain.recording import Recorded
from cnitui.domain.remedies import Situation, advice
from cnitui.engine.repair.outlook import Outlook
from cnitui.engine.repair.state import RepairState
from cnitui.engine.repair.verify import CHECKS
from cnitui.engine.reports.summary import LONGEST, channel_summary
from cnitui.engine.state import State
from tests.engine.guide.states import NOON, cluster, incident, judged, offering
from tests.engine.guide.test_doing import FITS, PREVIEW

AT = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)


def lines(state: State) -> list[str]:
    """The summary, line by line."""
    return channel_summary(state, AT).splitlines()


def told(state: State, start: str) -> str:
    """The line that starts so."""
    (line,) = [line for line in lines(state) if line.startswith(start)]
    return line


def test_the_incident_is_told_with_place_cause_proof_and_the_next_step() -> None:
    state = replace(
        incident(),
        install=CalicoInstall("v3.27.0", "manifest", "kube-system"),
        server_version="v1.31.0",
        repair=offering(FITS),
    )
    found = lines(state)
    assert found[0] == (
        "prod-eu: Calico fails on 2 of 3 nodes, since 2026-11-22 19:00 UTC (as of 2026-11-23 12:04 UTC)"
    )
    assert found[1] == "Nodes: worker-01, worker-02; 2 of them NotReady. Seen: install-cni exit 1"
    assert found[2] == ("Cause, confirmed: SELinux stops install-cni (selinux-denial) on worker-01, worker-02")
    assert found[3].startswith("Proof: ")
    assert found[4:] == [
        "Changed so far: nothing",
        f"Next: {FITS.remedy.title}",
        "Calico v3.27.0 by manifest, Kubernetes v1.31.0, told by cnitui",
    ]


def test_a_healthy_cluster_is_two_lines_and_says_when_that_was() -> None:
    healthy = judged(cluster((), ("master-01", "worker-01")))
    assert lines(healthy)[0].startswith("prod-eu: Calico runs on all ")
    assert len(lines(healthy)) == 2


def test_what_is_not_proven_is_not_claimed_and_the_deciding_command_is_told() -> None:
    possible = Finding("disk-full", "The disk is full", Judgement(Verdict.POSSIBLE, "it fits"), ("worker-01",))
    ask = NextEvidence("ssh worker-01 df -h", "it would tell whether there is room")
    diagnosis = Diagnosis("failing", (possible,), (ask,), failing_nodes=("worker-01",))
    state = replace(cluster(), diagnosis=diagnosis, settled=True)
    assert told(state, "Cause") == "Cause: not proven; could be disk-full"
    assert told(state, "Next") == "Next: ssh worker-01 df -h (it would tell whether there is room)"
    assert told(replace(state, settled=False), "Cause").startswith("Cause: still being looked for")


def test_a_cause_against_which_we_have_no_plan_says_the_first_step_by_hand() -> None:
    judgement = Judgement(Verdict.CONFIRMED, "no room", (Evidence("df", "100%"),))
    diagnosis = Diagnosis("failing", (Finding("disk-full", "The disk is full", judgement, ("worker-01",)),))
    first = advice("disk-full", Situation(CaseFile(), diagnosis)).steps[0].words
    state = replace(cluster(), diagnosis=diagnosis, repair=RepairState(outlook=Outlook(CaseFile(), diagnosis)))
    assert told(state, "Next") == f"Next: {first}"


def test_what_was_changed_is_told_with_what_came_of_it_and_the_way_back() -> None:
    checks = tuple(replace(check, state="pass") for check in CHECKS)
    applied = replace(incident(), repair=RepairState(applied=PREVIEW, phase="applied"))
    assert told(applied, "Next") == "Next: wait for the rollout and its verification"
    verified = replace(applied, repair=RepairState(applied=PREVIEW, phase="verified", checks=checks))
    assert told(verified, "Changed").endswith(f"; 4 of 4 checks pass. Back: cnitui undo {PREVIEW.plan_id}")
    undone = replace(applied, repair=RepairState(applied=PREVIEW, undone=True))
    assert told(undone, "Changed") == f"Changed and taken back: {PREVIEW.plan.title}"


def test_secrets_and_what_a_terminal_obeys_are_taken_out_and_lines_are_bounded() -> None:
    secret = "Authorization: Bearer abcdefghijklmnop.qrstuvwxyz0123456789"
    judgement = Judgement(Verdict.CONFIRMED, "seen", (Evidence("log", f"\x1b[31m{secret}\n{'x' * 999}"),))
    diagnosis = Diagnosis("failing", (Finding("disk-full", "The disk is full", judgement, ("worker-01",)),))
    text = channel_summary(replace(cluster(), diagnosis=diagnosis), AT)
    assert "qrstuvwxyz" not in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= LONGEST


def test_of_a_case_file_the_time_of_its_collection_is_told() -> None:
    assert "as of 2026-11-23 12:00 UTC, from a case file" in lines(replace(incident(), recorded=Recorded("f", NOON)))[0]


def test_hundreds_of_nodes_are_no_longer_than_two() -> None:
    state = judged(cluster([f"worker-{number:04}" for number in range(300)]))
    assert told(state, "Nodes").startswith(
        "Nodes: worker-0000, worker-0001, worker-0002, worker-0003, worker-0004 and 295"
    )
    assert len(lines(state)) < 10
