from __future__ import annotations

import time

import pytest

from cnitui.domain.parsing.messages import named_by, recognise, recognise_all


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("/host/secondary-bin-dir is not writeable, skipping", "secondary-skipped"),
        ("/host/opt/cni/bin is not writeable, skipping", "bin-not-writeable"),
        ("found no writeable directory, exiting error=<nil>", "no-writeable-directory"),
        ("Unable to create token error=Post x: dial tcp 10.96.0.1:443: i/o timeout", "service-address"),
        ("Unable to create token for CNI kubeconfig error=Unauthorized", "unauthorized"),
        ("Unable to create token for CNI kubeconfig error=an error on the server", "token-request"),
        ("open /host/etc/cni/net.d/10-calico.conflist: permission denied", "write-denied"),
        ("cni plugin not initialized", "not-initialized"),
        ("Error querying BIRD: dial unix /var/run/calico/bird.ctl: connection refused", "unix-socket-bird"),
    ],
)  # fmt: skip
def test_a_line_is_recognised_for_what_it_is(line: str, message: str) -> None:
    found = recognise(line)
    assert found is not None
    assert found.id == message


@pytest.mark.parametrize(
    "line", ["", "hello world", "[INFO][1] main.go 69: Loaded configuration", "x" * 100_000, "\x1b[31m"]
)
def test_what_is_not_known_is_not_recognised(line: str) -> None:
    assert recognise(line) is None


def test_a_normal_line_says_nothing_else() -> None:
    normal = "Wrote Calico CNI binaries to /host/opt/cni/bin, permission denied, no space left on device"
    assert [message.level for message in recognise_all(normal)] == ["milestone"]


def test_a_line_may_say_one_thing_of_each_topic() -> None:
    line = "Unable to create token for CNI kubeconfig error=x509: certificate signed by unknown authority"
    assert [message.id for message in recognise_all(line)] == ["certificate-authority", "token-request"]


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        (
            "certificate has expired or is not yet valid: current time 2025-02-01T00:00:00Z is after 2025-01-01",
            "certificate-ended",
        ),
        (
            "certificate has expired or is not yet valid: current time 2006-10-04T08:21:14Z is before 2022-05-14",
            "clock-behind",
        ),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "certificate-authority"),
        ("x509: certificate is valid for kubernetes, 10.0.0.1, not 10.96.0.1", "certificate-names"),
        ("x509: cannot validate certificate for 10.96.0.1 because it doesn't contain any IP SANs", "certificate-names"),
        ("remote error: tls: bad certificate", "x509"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told_as_exactly_as_x509_does(line: str, meant: str) -> None:
    found = recognise(line)
    assert found is not None
    assert found.id == meant


def test_terminal_escapes_do_not_hide_a_message() -> None:
    found = recognise("\x1b[31mfound no writeable\x1b[0m directory, exiting")
    assert found is not None
    assert found.id == "no-writeable-directory"


def test_what_people_observe_is_looked_for_only_where_people_speak() -> None:
    sentence = "the hostname of the worker was changed last week"
    assert recognise_all(sentence) == ()
    assert [message.id for message in recognise_all(sentence, spoken=True)] == ["name-changed"]


@pytest.mark.parametrize(
    ("sentence", "causes"),
    [
        ("the nodes run an old kernel", ("kernel-dataplane",)),
        ("unless SELinux is disabled it does not start", ("selinux-denial",)),
        ("SELinux was turned off before", ()),
        ("kube-proxy is running on all nodes", ()),
        ("calico-node does not start", ()),
        ("kernel " * 200, ()),
    ],
)
def test_a_sentence_names_causes_by_what_they_are_about(sentence: str, causes: tuple[str, ...]) -> None:
    assert named_by(sentence) == causes


HOSTILE = (
    "edit", "xt_", "cali", "disabl", "autodetect", "fail ", "10.96.0.1:443 ", "typha ", "(", "\\", '"', "/", "a", "{",
    "denied { ", "no ", "mount ", "net.d ", "token ", "cni conf ", "%s%n", "\x1b[", "🙂", "\u202e",
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_line_keeps_a_pattern_busy(piece: str) -> None:
    line = piece * (20_000 // len(piece))
    started = time.process_time()
    recognise_all(line)
    recognise_all(line[:800], spoken=True)
    assert time.process_time() - started < 2, "a pattern backtracks catastrophically"
