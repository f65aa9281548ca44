from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.facts import AttemptLogs, AvcDenials, PodRows, SelinuxMode, Statements
from cnitui.errors import CnituiError, ConfigurationError, UsageError
from cnitui.gateways.casefile import read_case, read_paste

CASE = """
id: some-case
title: the disk is full
root_cause: disk-full
notes: no space left on device
evidence:
  pod_status: |
    calico-node-x   0/1   Init:CrashLoopBackOff   4 (32s ago)   6m   10.0.0.1   worker-01
  logs:
    install-cni: |
      2024-03-22 20:01:51.023 [INFO][1] cni-installer/<nil> <nil>: Running as a Kubernetes pod
      2024-03-22 20:01:54.950 [FATAL][1] cni-installer/<nil> <nil>: open /host/etc/cni/net.d/calico-kubeconfig: permission denied
    anything-at-all: some words
  node:
    selinux_mode: enforcing
    avc:
    - 'avc:  denied  { write } for  pid=1 comm="install" name="net.d" scontext=system_u:system_r:container_t:s0:c1,c2 tcontext=system_u:object_r:etc_t:s0 tclass=dir permissive=0'
    some_new_key: [a, 1, true, {b: c}]
  unexpected: text
  reported:
  - it began yesterday
"""  # noqa: E501  # machine output is not wrapped


def written(folder: Path, text: str | bytes, name: str = "case.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_case_becomes_the_facts_that_a_live_look_would_have_read(tmp_path: Path) -> None:
    case = read_case(written(tmp_path, CASE))
    logs = case.value(AttemptLogs)
    assert logs is not None
    assert logs.container == "install-cni"
    assert [mode.current for mode in (case.value(SelinuxMode),) if mode] == ["Enforcing"]
    denials = case.value(AvcDenials)
    assert denials is not None
    assert denials.records[0].comm == "install"
    assert case.value(PodRows) is not None
    assert diagnose(case).findings[0].cause == "selinux-denial"


def test_the_opinions_in_a_case_are_never_read(tmp_path: Path) -> None:
    bare = (
        "notes: no space left on device\ntitle: disk full\nroot_cause: disk-full\nfix: free space\nlogs: {x: hello}\n"
    )
    assert diagnose(read_case(written(tmp_path, bare))).findings[0].cause == "unknown"


def test_unknown_names_are_welcome(tmp_path: Path) -> None:
    statements = read_case(written(tmp_path, CASE)).value(Statements)
    assert statements is not None
    origins = {line.origin for line in statements.lines}
    assert {"anything-at-all", "node some_new_key", "unexpected", "reported"} <= origins


@pytest.mark.parametrize("text", ["evidence: {}", "evidence:", "{}", "id: x\nconfidence: likely\n"])
def test_a_case_without_evidence_is_undecided(tmp_path: Path, text: str) -> None:
    diagnosis = diagnose(read_case(written(tmp_path, text)))
    assert (diagnosis.status, diagnosis.findings[0].cause) == ("undetermined", "unknown")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "found nothing"),
        (b"- a\n- b\n", "expected a map"),
        (b"just text", "expected a map"),
        (b"evidence: [1, 2]", "evidence: expected a map, found a list"),
        (b"evidence: {logs: 5}", "evidence.logs: expected a map from a name to text, found a number"),
        (b"evidence: {node: text}", "evidence.node: expected a map from a name to text, found text"),
        (b"evidence: {logs: {a: {b: [!!binary aGk=]}}}", "evidence.logs.a.b[0]: expected text"),
        (b"a: [b\nc: }", "case.yaml"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00", "binary"),
        (b"\x00\x01\x02\x03" * 100, "binary"),
        (b"evidence: {events: " + b"[" * 60 + b"]" * 60 + b"}", "nesting"),
    ],
)
def test_what_is_no_case_is_refused_with_file_key_and_what_was_expected(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"case\.yaml") as refused:
        read_case(written(tmp_path, content))
    assert expected in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_case(tmp_path / "absent.yaml")
    with pytest.raises(UsageError, match="cannot be read"):
        read_paste(tmp_path)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(70 << 20)
    with pytest.raises(CnituiError, match="at most 64 MiB"):
        read_case(path)


def test_standard_input_is_read_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        buffer = io.BytesIO(b"Kernel's RPF check is set to 'loose'\n")

    monkeypatch.setattr(sys, "stdin", Terminal)
    assert diagnose(read_paste(None)).findings[0].cause == "kernel-dataplane"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_text_of_other_encodings_is_read_as_well_as_can_be(tmp_path: Path, encoding: str) -> None:
    text = "größe: exec /opt/cni/bin/install: exec format error\n"
    path = written(tmp_path, text.encode(encoding), "paste.txt")
    assert diagnose(read_paste(path)).findings[0].cause == "arch-mismatch"


def test_an_empty_paste_is_refused_with_what_to_paste(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Paste the failing container's log"):
        read_paste(written(tmp_path, b"\n \n", "paste.txt"))


def test_a_pods_yaml_in_a_paste_tells_privileges_and_times(tmp_path: Path) -> None:
    text = """$ kubectl -n kube-system get pod calico-node-x -o yaml
apiVersion: v1
kind: Pod
metadata: {name: calico-node-x, namespace: kube-system, uid: u1}
spec:
  nodeName: worker-01
  initContainers:
  - name: install-cni
    image: calico/cni:v3.27.0
    securityContext: {privileged: true}
  containers: [{name: calico-node, image: "calico/node:v3.27.0"}]
status:
  phase: Pending
  initContainerStatuses:
  - name: install-cni
    restartCount: 3
    state: {waiting: {reason: CrashLoopBackOff}}
    lastState: {terminated: {exitCode: 1, reason: Error, startedAt: "2026-11-23T14:09:08Z", finishedAt: "2026-11-23T14:09:17Z"}}
$ kubectl -n kube-system logs calico-node-x -c install-cni
2026-11-23 14:09:09.949 [INFO][1] cni-installer/<nil> <nil>: Running as a Kubernetes pod
2026-11-23 14:09:16.707 [INFO][1] cni-installer/<nil> <nil>: /host/opt/cni/bin is not writeable, skipping
2026-11-23 14:09:16.708 [FATAL][1] cni-installer/<nil> <nil>: found no writeable directory, exiting error=<nil>
"""  # noqa: E501  # machine output is not wrapped
    diagnosis = diagnose(read_paste(written(tmp_path, text, "paste.txt")))
    selinux = next(finding for finding in diagnosis.findings if finding.cause == "selinux-denial")
    assert diagnosis.failing_nodes == ("worker-01",)
    assert (selinux.verdict.value, "privileged" in selinux.judgement.because) == ("ruled_out", True)
