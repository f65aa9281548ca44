"""Which pods a new template takes away at once, by server version and update strategy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.facts import DaemonSetStatus
from cnitui.domain.remedies.rollout_words import rollout_warnings, rollout_words
from cnitui.domain.rolling import counts_unavailable, forecast, scaled
from tests.engine.fake_cluster import pod

PODS = (*(pod(f"good-{place}") for place in range(4)), pod("bad-0", failing=True), pod("bad-1", failing=True))
STATUS = DaemonSetStatus("kube-system", "calico-node", desired=6)


@pytest.mark.parametrize(
    ("version", "counted"),
    [
        ("v1.20.15", True),
        ("v1.21.0", False),
        ("v1.27.16", False),
        ("v1.28.14", False),
        ("v1.28.15+k3s1", True),
        ("v1.29.9-eks-a737599", False),
        ("v1.29.10", True),
        ("v1.30.5-gke.1443001", False),
        ("v1.30.6", True),
        ("v1.31.0", True),
        ("1.35.4", True),
        ("", None),
        ("v1.x", None),
        ("v" + "9" * 5000, None),
    ],
)
def test_the_release_decides_whether_failing_pods_use_up_the_allowance(version: str, counted: bool | None) -> None:
    assert counts_unavailable(version) is counted


@pytest.mark.parametrize(
    ("version", "limit", "together", "words"),
    [
        (
            "v1.31.0",
            "1",
            0,
            "no healthy pod restarts at the same time. The healthy ones (good-0, good-1, good-2, good-3)",
        ),
        ("v1.30.1", "1", 1, "one healthy pod restarts at the same time. Others follow once all new pods are Running"),
        ("v1.31.0", "3", 1, "follow once fewer than 3 pods are not available, at most 3 at a time"),
        ("v1.30.1", "50%", 3, "If the new pods fail as well, 3 healthy pods are lost, no more."),
        ("v1.30.1", "100%", 4, "all 4 healthy pods (good-0, good-1, good-2, good-3) restart at the same time."),
        ("v1.31.0", "garbage", 0, "the healthy ones stay as they are"),
        ("", "1", None, "one healthy pod restarts at the same time on v1.21 to v1.30, none on others"),
        ("", "100%", 4, "restart at the same time"),
    ],
)
def test_what_goes_with_the_failing_pods_is_told(version: str, limit: str, together: int | None, words: str) -> None:
    status = replace(STATUS, max_unavailable=limit)
    seen = forecast(status, PODS, version)
    assert seen.unavailable == ("bad-0", "bad-1")
    if (version, limit) != ("", "100%"):
        assert seen.together == together
    told = rollout_words(seen, status, version)
    assert told.startswith("The controller replaces the failing pods (bad-0, bad-1) at once")
    assert words in told
    assert bool(rollout_warnings(seen, status)) is (together != 0)


def test_nodes_without_a_pod_and_new_pods_that_fail_use_up_the_allowance_everywhere() -> None:
    status = replace(STATUS, max_unavailable="3", desired=7)  # one node has no pod at all
    assert forecast(status, PODS, "v1.25.0").together == 2
    assert forecast(status, PODS, "v1.25.0", renewed={PODS[4].uid}).together == 1
    leaving = (replace(PODS[0], deleting=True), *PODS[1:])
    assert forecast(status, leaving, "v1.25.0").together == 1


def test_surge_takes_no_healthy_pod_away() -> None:
    status = replace(STATUS, max_unavailable="0", max_surge="30%")
    seen = forecast(status, PODS, "v1.25.0")
    assert (seen.together, seen.surge) == (0, 2)
    words = "beside each failing one (bad-0, bad-1) at once, and beside 2 healthy pods at a time"
    assert words in rollout_words(seen, status, "v1.25.0")
    assert rollout_warnings(seen, status) == ()


def test_pods_that_are_all_healthy_go_one_at_a_time() -> None:
    told = rollout_words(forecast(STATUS, PODS[:4], "v1.31.0"), STATUS, "v1.31.0")
    assert told.startswith("The controller replaces the pods, all of them healthy, one at a time.")


@pytest.mark.parametrize(
    ("value", "number"), [("3", 3), ("10%", 1), ("34%", 3), ("0", 0), ("-1", 0), ("٣", 0), ("9" * 99, 0)]
)
def test_a_percentage_is_rounded_up_and_garbage_is_nothing(value: str, number: int) -> None:
    assert scaled(value, 7) == number
