"""Which template is the present one: by ControllerRevisions, else by the DaemonSet's counts, never by generations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from cnitui.domain.facts import DaemonSetStatus
from cnitui.domain.revision import counted_revision, made_revisions, newest_revision


def revision(number: object, digest: str, owner: str = "u-1") -> dict[str, object]:
    labels = {"controller-revision-hash": digest, "k8s-app": "calico-node"}
    return {"revision": number, "metadata": {"labels": labels, "ownerReferences": [{"uid": owner}]}}


def test_the_highest_number_of_its_own_is_the_present_template() -> None:
    held = [revision(3, "old"), revision(5, "back-again"), revision(4, "between"), revision(9, "other", "u-2")]
    assert newest_revision(held, "u-1") == "back-again"


@pytest.mark.parametrize("broken", [{}, {"revision": "7"}, {"revision": 7, "metadata": {"ownerReferences": "u-1"}},
                                    {"revision": 7, "metadata": {"ownerReferences": [7], "labels": 3}}])  # fmt: skip
def test_what_is_no_revision_says_nothing(broken: dict[str, object]) -> None:
    assert newest_revision([broken], "u-1") == ""
    assert newest_revision([broken, revision(1, "a")], "u-1") == "a"


def counted(pods: Mapping[str, int], updated: int, *, observed: int = 9) -> str:
    status = DaemonSetStatus("kube-system", "calico-node", generation=9, observed_generation=observed, updated=updated)
    return counted_revision(status, pods)


@pytest.mark.parametrize(
    ("pods", "updated", "told"),
    [
        ({"a": 3}, 3, "a"),
        ({"a": 2, "b": 1}, 1, "b"),
        ({"a": 2, "b": 1}, 2, "a"),
        ({"a": 1, "b": 1}, 1, ""),
        ({"a": 3}, 0, ""),
        ({"a": 2}, 3, ""),
        ({"": 3}, 3, ""),
        ({}, 3, ""),
    ],
)
def test_counts_tell_where_only_one_fits(pods: Mapping[str, int], updated: int, told: str) -> None:
    assert counted(pods, updated) == told


def test_counts_of_an_earlier_template_tell_nothing() -> None:
    assert counted({"a": 3}, 3, observed=8) == ""


def test_each_template_is_told_with_when_it_was_made() -> None:
    def made(at: object, number: object, uid: str = "u") -> dict[str, object]:
        return {"metadata": {"creationTimestamp": at, "ownerReferences": [{"uid": uid}]}, "revision": number}

    found = made_revisions(
        [
            made("2026-11-02T10:00:00Z", 2),
            made("2026-11-01T10:00:00Z", 1),
            made("soon", 3),
            made("2026-11-03T10:00:00Z", 4, "x"),
        ],
        "u",
    )
    assert found == ((datetime(2026, 11, 1, 10, tzinfo=UTC), 1), (datetime(2026, 11, 2, 10, tzinfo=UTC), 2))
