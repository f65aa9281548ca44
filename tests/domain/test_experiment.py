"""A controlled experiment: one thing changed, all else as the DaemonSet has it, and only what follows is said."""

from __future__ import annotations

from typing import Any

import pytest

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.causes._reach import BY_THE_ENDPOINT
from cnitui.domain.causes._selinux import WITHOUT_SELINUX
from cnitui.domain.experiment import Attempt, Experiment, Try, attempt_of, trial
from cnitui.domain.facts import LogLine
from cnitui.domain.remedies.template import Missing
from cnitui.domain.variant import Variant
from tests.engine.fake_cluster import daemonset

ENDPOINT = ("10.240.0.11", "6443")
FAILS = Attempt(1, "found no writeable directory, exiting")
OTHERWISE = Attempt(1, "Unable to create token: i/o timeout")
WORKS = Attempt(0, "Done configuring CNI.")


def tried(control: Attempt, variant: Attempt | None = None, expected: Attempt = FAILS) -> Experiment:
    return Experiment(
        "selinux-denial", "SELinux stops it", WITHOUT_SELINUX.words, "worker-01", "install-cni", expected, control,
        variant,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("control", "variant", "conclusion"),
    [
        (FAILS, WORKS, "confirmed"),
        (FAILS, FAILS, "ruled_out"),
        (FAILS, OTHERWISE, "further"),
        (OTHERWISE, None, "differs"),
        (FAILS, None, "differs"),
        (WORKS, None, "works_now"),
        (Attempt(2, FAILS.words), None, "differs"),
        (Attempt(None, ""), None, "differs"),
    ],
)
def test_what_follows(control: Attempt, variant: Attempt | None, conclusion: str) -> None:
    found = tried(control, variant)
    assert found.conclusion == conclusion
    assert "worker-01" in found.sentence


def test_numbers_in_last_words_make_no_difference() -> None:
    one, other = (
        Attempt(1, "dial tcp 10.96.0.1:443: timeout after 30s"),
        Attempt(1, "dial tcp 10.96.0.1:443: timeout after 31s"),
    )
    assert one.ends_like(other)
    assert not one.ends_like(Attempt(1, "permission denied"))


def test_the_last_words_are_those_of_the_installer_without_its_stamp() -> None:
    lines = [
        LogLine("2026-11-28 07:23:06.494 [FATAL][1] cni-installer/<nil> <nil>: found no writeable directory"),
        LogLine(""),
    ]
    assert attempt_of(1, lines).words == "found no writeable directory"
    assert attempt_of(None, []).told == "exit None"


def job(change: Variant | None, **install: Any) -> Any:
    stored = daemonset({"env": [{"name": "SLEEP", "value": "false"}], "volumeMounts": [{"name": "bin"}], **install})
    stored["spec"]["template"]["spec"] |= {
        "volumes": [{"name": "bin"}],
        "serviceAccountName": "calico-node",
        "hostNetwork": True,
    }
    return trial("cnitui-control-1", stored, "install-cni", "worker-01", change, ENDPOINT)


def test_the_control_is_the_container_exactly_as_it_is_alone_and_once() -> None:
    made = job(None)
    pod = made.document["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container == {
        "name": "install-cni", "image": "calico/cni:v3.27.0",
        "env": [{"name": "SLEEP", "value": "false"}], "volumeMounts": [{"name": "bin"}],
    }  # fmt: skip
    assert "initContainers" not in pod
    assert (pod["nodeName"], pod["restartPolicy"], pod["serviceAccountName"]) == ("worker-01", "Never", "calico-node")
    assert (pod["volumes"], pod["hostNetwork"]) == ([{"name": "bin"}], True)
    assert (made.document["spec"]["backoffLimit"], made.containers, made.image) == (
        0,
        ("install-cni",),
        "calico/cni:v3.27.0",
    )


def test_the_variant_differs_from_the_control_in_one_thing() -> None:
    security = {"runAsUser": 0}
    control, variant = (job(change, securityContext=security).document for change in (None, WITHOUT_SELINUX))
    changed = variant["spec"]["template"]["spec"]["containers"][0].pop("securityContext")
    assert changed == {"runAsUser": 0, "seLinuxOptions": {"type": "spc_t"}}
    assert control["spec"]["template"]["spec"]["containers"][0].pop("securityContext") == security
    assert control == variant


def test_the_endpoint_stands_in_place_of_the_service_in_its_two_variables() -> None:
    env = [{"name": "KUBERNETES_SERVICE_HOST", "value": "10.96.0.1"}, {"name": "SLEEP", "value": "false"}]
    (container,) = job(BY_THE_ENDPOINT, env=env).document["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [
        {"name": "SLEEP", "value": "false"},
        {"name": "KUBERNETES_SERVICE_HOST", "value": "10.240.0.11"},
        {"name": "KUBERNETES_SERVICE_PORT", "value": "6443"},
    ]


def test_the_daemonset_itself_is_left_as_it_is() -> None:
    stored = daemonset()
    before = repr(stored)
    trial("x", stored, "install-cni", "worker-01", WITHOUT_SELINUX, ENDPOINT)
    assert repr(stored) == before


def test_a_container_that_is_not_there_is_told() -> None:
    with pytest.raises(Missing):
        trial("x", daemonset(), "flexvol", "worker-01", None, ENDPOINT)


def test_the_causes_that_an_experiment_can_tell_say_by_which_change() -> None:
    assert {cause.id for cause in CATALOGUE if cause.variant} == {
        "selinux-denial",
        "selinux-wrong-context",
        "kube-proxy-service-vip",
    }


@pytest.mark.parametrize(
    ("ended", "works", "words"),
    [
        (WORKS, True, "with this change install-cni succeeds on worker-01"),
        (FAILS, False, "still fails on worker-01, in the same way: the plan would not help"),
        (OTHERWISE, False, "still fails on worker-01, otherwise: the plan would not help"),
    ],
)
def test_a_try_says_whether_the_plan_would_help(ended: Attempt, works: bool, words: str) -> None:
    found = Try("20261128T080114Z-8d08", "privileged", "worker-01", "install-cni", FAILS, ended)
    assert found.works is works
    assert words in found.sentence
