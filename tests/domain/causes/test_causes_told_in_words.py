"""Causes that show themselves in words: a line that settles them, one that does not, and what rules them out."""

from __future__ import annotations

import pytest

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile, Source
from cnitui.domain.facts import Statement, Statements
from tests.domain.causes.incident import NOT_WRITEABLE, TIMEOUT, attempt_logs, events, failed_token, pod, verdict

RAN = attempt_logs(*NOT_WRITEABLE)
TOKEN = attempt_logs(*failed_token(TIMEOUT))


def said(cause: str, *lines: str, origin: str = "calico-node") -> str:
    """The verdict on a cause from bare statements, without any pod."""
    statements = Statements(tuple(Statement(line, origin, "paste") for line in lines))
    findings = diagnose(CaseFile().with_observed(statements, Source("paste"))).findings
    return next(found for found in findings if found.cause == cause).verdict.value


@pytest.mark.parametrize(
    ("cause", "line", "expected"),
    [
        ("mount-failure", 'path "/sys/fs/bpf" is mounted on "/sys" but it is not a shared mount', "confirmed"),
        ("image-pull", 'Failed to pull image "docker.io/calico/cni:v3.27.0": toomanyrequests', "confirmed"),
        ("arch-mismatch", "Fatal glibc error: CPU does not support x86-64-v2", "confirmed"),
        ("arch-mismatch", "exec /usr/sbin/start_runit: exec format error", "likely"),
        ("admission-denied", 'pods "calico-node-" is forbidden: violates PodSecurity "baseline:latest"', "confirmed"),
        ("runtime-failure", "no privileged container allowed in sandbox", "confirmed"),
        ("resource-pressure", "Last State: Terminated Reason: OOMKilled", "confirmed"),
        ("rbac-forbidden", 'nodes is forbidden: User "system:serviceaccount:x:canal" cannot list nodes', "confirmed"),
        ("serviceaccount-token", "ClusterInformation: connection is unauthorized: Unauthorized", "confirmed"),
        ("tls-certificate", "x509: certificate signed by unknown authority", "confirmed"),
        ("typha-unreachable", "Failed to connect to typha endpoint 10.0.0.12:5473: i/o timeout", "confirmed"),
        ("missing-crds", "the server could not find the requested resource (get x.crd.projectcalico.org)", "confirmed"),
        ("version-incompatibility", "panic: runtime error: nil pointer dereference", "likely"),
        ("bad-cni-config", "error parsing configuration list: unexpected end of JSON input", "confirmed"),
        ("cni-dir-mismatch", 'failed to find plugin "calico" in path [/usr/lib/cni]', "likely"),
        ("operator-managed", "unexpected env vars: [calico-node/FOO]", "likely"),
        ("stale-node-state", '"cni0" already has an IP address different from 10.244.1.1/24', "likely"),
        ("ip-autodetection", "Couldn't autodetect an IPv4 address", "confirmed"),
        ("bgp-not-ready", "dial tcp 10.0.0.12:179: connect: connection refused", "confirmed"),
        ("ip-pool-config", "No configured Calico pools.", "confirmed"),
        ("kernel-dataplane", "Kernel's RPF check is set to 'loose'", "confirmed"),
    ],
)  # fmt: skip
def test_one_line_is_enough(cause: str, line: str, expected: str) -> None:
    assert said(cause, line) == expected


@pytest.mark.parametrize(
    "cause",
    [
        "rbac-forbidden", "serviceaccount-token", "tls-certificate", "typha-unreachable", "missing-crds",
        "bad-cni-config", "cni-dir-mismatch", "ip-autodetection", "bgp-not-ready", "ip-pool-config",
        "kernel-dataplane", "image-pull", "arch-mismatch", "admission-denied", "runtime-failure",
    ],
)  # fmt: skip
def test_a_refused_directory_rules_out(cause: str) -> None:
    assert verdict(cause, RAN) == "ruled_out"


@pytest.mark.parametrize(
    "cause", ["resource-pressure", "version-incompatibility", "operator-managed", "stale-node-state"]
)
def test_another_faults_conclusive_last_word_rules_out(cause: str) -> None:
    assert verdict(cause, attempt_logs(*failed_token("Unauthorized"))) == "ruled_out"


@pytest.mark.parametrize("cause", [cause.id for cause in CATALOGUE if cause.id != "mount-failure"])
def test_nothing_said_leaves_it_undetermined(cause: str) -> None:
    assert said(cause, "hello world") == "undetermined"


def test_a_silent_pod_rules_out_only_admission() -> None:
    out = [found.cause for found in diagnose(CaseFile().with_observed(pod(), Source("x"), "worker-01")).findings
           if found.verdict.value == "ruled_out"]  # fmt: skip
    assert "admission-denied" in out


def test_the_whole_log_without_a_word_rules_out_what_always_says_so() -> None:
    assert verdict("rbac-forbidden", TOKEN) == "ruled_out"
    assert verdict("tls-certificate", TOKEN) == "ruled_out"


def test_a_log_cut_off_before_its_end_rules_nothing_out_by_silence() -> None:
    log = attempt_logs(*failed_token(TIMEOUT)[:-1], whole=False)
    assert verdict("rbac-forbidden", log) == "undetermined"


def test_exit_status_127_of_iptables_is_the_image_and_not_the_kernel() -> None:
    line = "[PANIC] felix/table.go 784: iptables-legacy-save command failed error=exit status 127"
    assert said("version-incompatibility", line) == "likely"


def test_a_conflict_with_a_name_that_contains_the_own_address_is_an_earlier_name() -> None:
    line = "Calico node 'ip-10-1-2-3.example' is already using the IPv4 address 10.1.2.3:"
    assert said("stale-node-state", line) == "likely"
    assert said("stale-node-state", line.replace("ip-10-1-2-3", "other")) == "possible"


def test_a_configuration_that_the_runtime_does_not_see_speaks_for_the_runtime() -> None:
    lines = ("No CNI conf file found", "10-calico.conflist is present in /etc/cni/net.d")
    assert said("runtime-failure", *lines, origin="reported") == "possible"
    assert said("runtime-failure", lines[0], origin="reported") == "undetermined"


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        ("selinux-denial", "it only works after setenforce 0, SELinux blocks the installer"),
        ("tls-certificate", "we saw x509: certificate signed by unknown authority somewhere"),
        ("disk-full", "then it said no space left on device"),
        ("operator-managed", "the tigera-operator puts back what I edit, my change is reverted"),
        ("kernel-dataplane", "the kernel is too old for Calico"),
    ],
)
def test_what_people_say_makes_no_verdict(cause: str, sentence: str) -> None:
    assert said(cause, sentence, origin="reported") in ("possible", "undetermined")


def test_what_people_name_is_looked_at_first_with_its_sentence_and_its_next_command() -> None:
    sentence = Statements((Statement("kube-proxy was not deployed there", "reported", "words"),))
    diagnosis = diagnose(CaseFile().with_observed(sentence, Source("words")))
    first = diagnosis.findings[0]
    assert (first.cause, first.verdict.value) == ("kube-proxy-service-vip", "undetermined")
    assert first.judgement.evidence_for[0].quote == "kube-proxy was not deployed there"
    assert diagnosis.leading is None
    assert diagnosis.next_evidence


def test_what_people_name_stands_before_what_merely_fits() -> None:
    program = Statement("/host/opt/cni/bin is not writeable, skipping", "install-cni", "log")
    person = Statement("the disk of the worker is small", "reported", "words")
    findings = diagnose(CaseFile().with_observed(Statements((program, person)), Source("log"))).findings
    assert [findings[0].cause, findings[0].verdict.value] == ["disk-full", "possible"]


def test_calico_configuration_beside_pods_of_another_network_is_a_left_over() -> None:
    from cnitui.domain.parsing.paste import Block
    from cnitui.domain.parsing.pasted import case_of

    rows = Block("pods", "kube-router-zlkf8  1/1  Running  0  6m\ncoredns-x  0/1  ContainerCreating  0  6m", "pods")
    files = Block("node", "/etc/cni/net.d/10-calico.conflist", "node files")
    found = next(f for f in diagnose(case_of([rows, files], "x")).findings if f.cause == "stale-node-state")
    assert found.verdict.value == "likely"


def test_what_info_lines_mention_in_passing_does_not_confirm() -> None:
    line = "[INFO][8] error=the server could not find the requested resource (get x.crd.projectcalico.org)"
    assert said("missing-crds", line) == "likely"


def test_an_event_of_another_kind_does_not_override_the_last_words_of_the_container() -> None:
    log = attempt_logs(
        *failed_token('serviceaccounts "calico-cni-plugin" is forbidden: User "x" cannot create resource')
    )
    assert verdict("disk-full", log, events("Evicted The node was low on resource: ephemeral-storage.")) == "ruled_out"
    assert verdict("rbac-forbidden", log) == "confirmed"
