from __future__ import annotations

import time

import pytest

from cnitui.domain.parsing.messages import MESSAGES, STATED, KnownMessage, Weight, recognise, recognise_all

EVERY = (*MESSAGES, *STATED)


@pytest.mark.parametrize("message", EVERY, ids=lambda message: message.id)
def test_a_message_recognises_its_own_example(message: KnownMessage) -> None:
    assert message in recognise_all(message.example, spoken=message.spoken)


@pytest.mark.parametrize("message", EVERY, ids=lambda message: message.id)
def test_a_message_says_what_it_means_in_a_sentence_or_two(message: KnownMessage) -> None:
    assert message.meaning.endswith(".")
    assert 20 < len(message.meaning) < 400


def test_ids_are_unique() -> None:
    assert len({message.id for message in EVERY}) == len(EVERY)


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
    assert [message.kind for message in recognise_all(normal)] == ["milestone"]


def test_a_line_may_say_one_thing_of_each_topic() -> None:
    line = "Unable to create token for CNI kubeconfig error=x509: certificate signed by unknown authority"
    assert [message.id for message in recognise_all(line)] == ["x509", "token-request"]


def test_terminal_escapes_do_not_hide_a_message() -> None:
    found = recognise("\x1b[31mfound no writeable\x1b[0m directory, exiting")
    assert found is not None
    assert found.id == "no-writeable-directory"


def test_peoples_words_are_looked_for_only_where_people_speak() -> None:
    sentence = "the nodes run an old kernel"
    assert recognise_all(sentence) == ()
    assert [message.id for message in recognise_all(sentence, spoken=True)] == ["stated-kernel"]


def test_a_vague_message_is_never_conclusive_for_two_causes() -> None:
    for message in EVERY:
        assert list(message.causes.values()).count(Weight.CONCLUSIVE) <= 1, message.id


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
