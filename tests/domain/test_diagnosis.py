from __future__ import annotations

from dataclasses import replace

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.causes.base import Cause, confirmed, possible, undetermined
from cnitui.domain.diagnosis import ask_waiting, diagnose
from cnitui.domain.evidence import CaseFile, Source
from cnitui.domain.facts import (
    AttemptLogs,
    AvcDenials,
    ContainerStatus,
    DaemonSetStatus,
    PodEvents,
    PodRow,
    PodRows,
    PodStatus,
    Transcript,
)
from cnitui.domain.finding import Finding, Judgement, Verdict
from cnitui.domain.ranking import ranked
from tests.domain.causes import incident
from tests.domain.causes.incident import NOT_WRITEABLE, TIMEOUT, attempt_logs, failed_token

SOURCE = Source("test")


def two_nodes(first: AttemptLogs, second: AttemptLogs) -> CaseFile:
    case = CaseFile()
    for node, log in (("worker-01", first), ("worker-02", second)):
        pod = replace(incident.pod(), node=node, name=f"calico-node-{node}")
        for fact in (pod, log, incident.install_cni(privileged=True)):
            case = case.with_observed(fact, SOURCE, node)
    return case


def healthy_pod(node: str) -> PodStatus:
    main = ContainerStatus("calico-node", False, ready=True, state="running")
    return PodStatus("kube-system", f"calico-node-{node}", "u", node, "Running", ready=1, total=1, containers=(main,))


def test_nodes_that_are_judged_alike_are_one_group() -> None:
    diagnosis = diagnose(two_nodes(attempt_logs(*failed_token(TIMEOUT)), attempt_logs(*failed_token(TIMEOUT))))
    leading = diagnosis.findings[0]
    assert (leading.cause, leading.nodes) == ("apiserver-unreachable", ("worker-01", "worker-02"))
    assert len(diagnosis.findings) == len({finding.cause for finding in diagnosis.findings})


def test_different_nodes_can_have_different_causes() -> None:
    diagnosis = diagnose(
        two_nodes(attempt_logs(*failed_token("Unauthorized")), attempt_logs(*incident.failed_copy("text file busy")))
    )
    confirmed_on = {finding.cause: finding.nodes for finding in diagnosis.confident}
    assert confirmed_on == {"serviceaccount-token": ("worker-01",), "text-file-busy": ("worker-02",)}


def test_one_nodes_proof_does_not_end_the_questions_about_another() -> None:
    first, second = failed_token("Unauthorized"), failed_token(TIMEOUT)
    diagnosis = diagnose(two_nodes(attempt_logs(*first), attempt_logs(*second)))
    commands = " ".join(step.command for step in diagnosis.next_evidence)
    assert "ssh worker-02" in commands
    assert "ssh worker-01" not in commands


def test_every_id_of_the_catalogue_is_listed_whatever_the_evidence() -> None:
    for facts in ((), (attempt_logs(*NOT_WRITEABLE),)):
        listed = {finding.cause for finding in incident.diagnosis(*facts).findings}
        assert listed == {cause.id for cause in CATALOGUE}


def test_a_healthy_node_is_not_judged() -> None:
    case = incident.case(attempt_logs(*failed_token("Unauthorized")))
    case = case.with_observed(healthy_pod("master-01"), SOURCE, "master-01")
    diagnosis = diagnose(case)
    assert (diagnosis.status, diagnosis.failing_nodes, diagnosis.healthy_nodes) == (
        "failing",
        ("worker-01",),
        ("master-01",),
    )
    assert all("master-01" not in finding.nodes for finding in diagnosis.findings)


def test_only_healthy_pods_are_healthy() -> None:
    diagnosis = diagnose(CaseFile().with_observed(healthy_pod("master-01"), SOURCE, "master-01"))
    assert (diagnosis.status, diagnosis.leading, diagnosis.confident) == ("healthy", None, ())
    assert [finding.cause for finding in diagnosis.findings] == [cause.id for cause in CATALOGUE]
    assert {finding.verdict for finding in diagnosis.findings} == {Verdict.RULED_OUT}


def test_a_daemonset_without_its_pods_fails_although_no_pod_does() -> None:
    case = CaseFile().with_observed(DaemonSetStatus("kube-system", "calico-node", desired=3, current=0), SOURCE)
    case = case.with_observed(healthy_pod("master-01"), SOURCE, "master-01")
    assert diagnose(case).status == "failing"


def test_a_running_pod_that_is_not_ready_and_says_why_fails() -> None:
    unready = replace(healthy_pod("w1"), ready=0, containers=(ContainerStatus("calico-node", False, state="running"),))
    event = incident.events("Unhealthy Readiness probe failed: BIRD is not ready: BGP not established with 172.17.0.1")
    case = CaseFile().with_observed(unready, SOURCE, "w1")
    assert diagnose(case).status == "healthy"
    diagnosis = diagnose(case.with_observed(event, SOURCE, "w1"))
    assert (diagnosis.status, diagnosis.findings[0].cause) == ("failing", "ip-autodetection")


def test_an_empty_case_is_undetermined_and_lists_unknown_first() -> None:
    diagnosis = diagnose(CaseFile())
    assert diagnosis.status == "undetermined"
    assert (diagnosis.findings[0].cause, diagnosis.leading) == ("unknown", None)


def test_unknown_comes_first_when_nothing_else_is_possible_and_asks_for_the_log() -> None:
    diagnosis = incident.diagnosis()
    assert diagnosis.findings[0].cause == "unknown"
    command = diagnosis.next_evidence[0].command
    assert command == "kubectl -n kube-system logs calico-node-bjlst -c install-cni --previous"


def test_what_could_not_be_read_is_said_once_for_all_nodes() -> None:
    case = two_nodes(attempt_logs(*NOT_WRITEABLE), attempt_logs(*NOT_WRITEABLE))
    for node in ("worker-01", "worker-02"):
        case = case.with_unavailable(AvcDenials, "SSH refused", SOURCE, node)
        case = case.with_unavailable(Transcript, "SSH refused", SOURCE, node)  # which is no evidence of its own
    missing = diagnose(case).unavailable
    assert [(m.what, m.why) for m in missing] == [("avc denials of worker-01, worker-02", "SSH refused")]


def test_a_missing_need_is_undetermined_and_the_judge_is_not_asked() -> None:
    def never(_view: object) -> Judgement:
        raise AssertionError("the judge was asked without its need")

    cause = Cause("x", "X", never, needs=(PodEvents,))
    case = incident.case().with_unavailable(PodEvents, "403", SOURCE, incident.NODE)
    found = diagnose(case, (cause,)).findings[0]
    assert (found.verdict, found.judgement.because) == (Verdict.UNDETERMINED, "pod events: 403")


def test_names_that_are_no_names_never_enter_a_command() -> None:
    hostile = replace(incident.pod(), name="x; rm -rf /", namespace="$(reboot)")
    diagnosis = diagnose(CaseFile().with_observed(hostile, SOURCE, incident.NODE))
    commands = " ".join(step.command for step in diagnosis.next_evidence)
    assert "rm -rf" not in commands
    assert "reboot" not in commands


def test_a_pasted_table_of_running_pods_is_healthy() -> None:
    rows = PodRows(
        (PodRow("calico-node-a", "1/1", "Running", 0, "w1"), PodRow("calico-node-b", "1/1", "Running", 0, "w2"))
    )
    assert diagnose(CaseFile().with_observed(rows, SOURCE)).status == "healthy"


def found(cause: str, judgement: Judgement, *nodes: str) -> Finding:
    return Finding(cause, cause, judgement, nodes)


def test_ranking_puts_the_stronger_claim_then_the_more_specific_then_more_nodes_first() -> None:
    order = ranked(
        [
            found("unknown", undetermined("")),
            found("c", possible("", weight=0), "n1", "n2"),
            found("d", possible("", weight=0), "n1"),
            found("b", possible("", weight=2)),
            found("e", undetermined("")),
            found("a", confirmed("")),
        ],
        "abcde",
    )
    assert [finding.cause for finding in order] == ["a", "b", "c", "d", "unknown", "e"]


def test_a_fix_names_what_was_observed() -> None:
    install = replace(incident.install_cni(privileged=False), bin_dir="/usr/libexec/cni", net_dir="/run/cni/net.d")
    findings = incident.diagnosis(attempt_logs(*NOT_WRITEABLE), install).findings
    fix = {finding.cause: finding.fix for finding in findings}
    assert "/usr/libexec/cni on worker-01" in fix["host-permission"]
    assert "/run/cni/net.d" in fix["selinux-wrong-context"]


def test_a_fix_names_no_node_whose_name_is_a_trap() -> None:
    case = CaseFile().with_observed(attempt_logs(*NOT_WRITEABLE), SOURCE, "w; reboot")
    assert all("reboot" not in finding.fix for finding in diagnose(case).findings)


def test_no_name_that_a_shell_would_obey_stands_in_what_is_asked_of_a_waiting_pod() -> None:
    pod = healthy_pod("worker-01")
    assert ask_waiting(pod).command == "kubectl -n kube-system describe pod calico-node-worker-01"
    assert ask_waiting(replace(pod, name="x; reboot")).command == "kubectl -n kube-system describe pod POD"
