"""Flags, dumps and ordinary course report nothing; what fails is heard, whatever stands around it."""

from __future__ import annotations

import pytest

from cnitui.domain.parsing.line_form import personal, reported, sentence

KLOG = "I0304 05:06:07.123456    4390 "
SILENT = (
    KLOG + 'flags.go:59] FLAG: --authorization-webhook-cache-unauthorized-ttl="30s"',
    "Mar 04 05:06:07 worker-1 kubelet[4390]: " + KLOG + 'flags.go:64] FLAG: --cgroup-driver="systemd"',
    KLOG + "docker_service.go:264] Docker Info: &{OomKillDisable:true Driver:{Name:overlay2 Failed:0}}",
    KLOG + 'container_manager_linux.go:99] Bind-mounting "/var/lib/kubelet" with shared mount propagation',
    'time="2026-03-04T05:06:07Z" level=info msg="starting containerd" revision=1 version=1.7.20',
    '{"level":"info","ts":1,"msg":"Starting EventSource","source":"kind source: *v1.Installation"}',
    "2026-03-04 05:06:07.890 [INFO][1] startup.go 50: Early log level set to info",
)
TELLING = (
    "/host/opt/cni/bin is not writeable, skipping",
    "2026-03-04 05:06:07.890 [INFO][1] cni-installer/<nil> <nil>: /host/opt/cni/bin is not writeable, skipping",
    KLOG + 'pod_workers.go:1] "Error syncing pod, skipping" err="network is not ready"',
    'level=info msg="failed to load plugin io.containerd.grpc.v1.cri" error="invalid plugin config"',
    "E0304 05:06:07.8 1 server.go:1] failed to run Kubelet: unknown flag: --network-plugin",
    '{"level":"error","msg":"x509: certificate signed by unknown authority"}',
    'cni config load failed: {"type": "portmap"}',
)


@pytest.mark.parametrize("line", SILENT)
def test_these_report_nothing(line: str) -> None:
    assert reported(line) == ""


@pytest.mark.parametrize("line", TELLING)
def test_these_are_heard_as_they_stand(line: str) -> None:
    assert reported(line) == line


def test_what_fails_is_heard_without_the_flags_and_dumps_around_it() -> None:
    line = "E0304 run.go:74] kubelet --tls-cert-file=/x --oom-score-adj=-9 failed: &{Unauthorized:false M:map[a:b]} EOF"
    assert reported(line).split() == ["E0304", "run.go:74]", "kubelet", "failed:", "EOF"]


def test_a_dump_that_was_cut_goes_to_the_end_of_the_line() -> None:
    assert reported("cannot start: &{OomKillDisable:true NGorou") == "cannot start: "


def test_it_takes_bounded_time_on_hostile_lines() -> None:
    for line in ("&{A:" * 2_000, "map[" * 2_000 + "a:b]", "--aa=" * 2_000, "{A:" + "x" * 8_000):
        reported(line)


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("SELinux was enabled", True),
        ("(after that flanneld runs the command right away)", True),
        ("# we had changed the hostname before", True),
        ("The nodes have two NICs.", True),
        ("calico-node", False),
        ("E0304 05:06:08.8 1 main.go:292] Error registering network", False),
        ('level=error msg="it was refused"', False),
        ("dial tcp 10.96.0.1:443: i/o timeout", False),
        ("drwxr-xr-x 2 root root 4096 .", False),
        ("", False),
    ],
)
def test_a_sentence_is_told_from_what_a_program_prints(line: str, spoken: bool) -> None:
    assert sentence(line) is spoken


def test_a_long_line_of_words_is_told_in_bounded_time() -> None:
    assert sentence("it was " * 5_000) is False


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "E0101 00:00:00.0 1 s.go:70] Node became not ready: {Type:Ready Reason:NotReady Message:no range left}",
            True,
        ),
        ("E0101 00:00:00.0 1 k.go:1] state: &ContainerState{Exit:2,Reason:Error,Message:no range left,Id:}", True),
        ("E0101 00:00:00.0 1 k.go:1] failed: &Options{Range:no range left Reason:x}", False),
    ],
)
def test_a_condition_that_is_printed_as_a_structure_tells_its_message(line: str, told: bool) -> None:
    assert ("no range left" in reported(line)) is told


@pytest.mark.parametrize(
    "line",
    [
        "I tried to reinstall the whole cluster and it did not help",
        "However, after joining my worker node the session is down",
        "This happens because the filesystem is read-only, and the installer is trying to write there",
        "My nodes do not start any more: I found the disk full this morning and made room",
        "we get an error from the installer: open /host/opt/cni/bin/x: permission denied",
    ],
)
def test_what_a_person_tells_is_told(line: str) -> None:
    assert personal(line)


@pytest.mark.parametrize(
    "line",
    [
        "2024-03-22 20:01:54.950 [ERROR][1] sync_client.go 300: We require SyncerType felix of the server",
        "Failed to mv files. This may be caused by selinux configuration on the host, or something else.",
        "Pod sandbox changed, it will be killed and re-created.",
        "SELinux is preventing /usr/bin/cp from write access on the directory bin.",
        "Warning  Failed  2s  kubelet  Error: container has runAsNonRoot and image will run as root",
        "cp: can't create '/host/opt/cni/bin/calico': Permission denied",
        'level=error msg="our certificate is not what we want it to be at all"',
        "my-pod is gone",
        "",
    ],
)
def test_what_a_program_prints_is_not(line: str) -> None:
    assert not personal(line)
