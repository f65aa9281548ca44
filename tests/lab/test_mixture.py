"""Several faults in one lab: who gets which, what the nodes' labels tell, and what is refused."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime

import pytest

from cnitui.lab import scenarios
from cnitui.lab.machine.machines import machine
from cnitui.lab.machine.node import Node
from cnitui.lab.scenarios.mixture import POOL_LABEL, Mixture

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def machines(count: int) -> list[Node]:
    return [machine(f"n{place:02d}", "10.0.0.1", place, NOW, NOW, control_plane=place == 0) for place in range(count)]


def prepared(expression: str, count: int = 13, seed: int = 1) -> list[Node]:
    found, nodes = scenarios.find(expression), machines(count)
    found.prepare_all(nodes, random.Random(seed))
    return nodes


def counted(nodes: list[Node]) -> Counter[str]:
    return Counter(node.scenario for node in nodes if not node.control_plane)


def test_two_parts_share_the_workers_and_each_is_a_pool() -> None:
    nodes = prepared("selinux-denial+disk-full")
    assert counted(nodes) == {"selinux-denial": 6, "disk-full": 6}
    assert {(node.scenario, node.labels[POOL_LABEL]) for node in nodes if not node.control_plane} == {
        ("selinux-denial", "blue"),
        ("disk-full", "green"),
    }


def test_counted_nodes_are_strewn_among_the_others_and_carry_their_labels() -> None:
    nodes = prepared("selinux-denial+apiserver-unreachable+disk-full:4")
    odd = [node for node in nodes if node.scenario == "disk-full"]
    assert len(odd) == 4
    assert {node.labels[POOL_LABEL] for node in nodes if not node.control_plane} == {"blue", "green"}
    others = {node.name for node in prepared("selinux-denial+disk-full:4", seed=2) if node.scenario == "disk-full"}
    assert others != {node.name for node in odd}, "nobody knows beforehand which"


def test_one_pool_needs_no_label() -> None:
    assert all(not node.labels for node in prepared("selinux-denial+disk-full:4"))


def test_each_machine_has_its_own_fault_alone() -> None:
    """An unprivileged install-cni would be denied on a machine whose disk is full, too; its runtime does not label."""
    mixed = scenarios.find("selinux-denial+disk-full:4")
    assert not mixed.privileged
    for node in prepared("selinux-denial+disk-full:4"):
        if not node.control_plane:
            assert node.selinux.runtime_labels == (node.scenario == "selinux-denial")


def test_the_same_seed_mixes_the_same() -> None:
    one, other = (prepared("selinux-denial+disk-full:4+healthy:2", seed=5) for _ in range(2))
    assert [node.scenario for node in one] == [node.scenario for node in other]


def test_a_name_alone_is_the_scenario_itself() -> None:
    assert scenarios.find("disk-full").name == "disk-full"
    assert isinstance(scenarios.find("disk-full+healthy"), Mixture)
    assert "on 3 of them" in scenarios.find("disk-full+healthy:3").summary


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("nope", "there is no scenario 'nope'"),
        ("disk-full+nope", "there is no scenario 'nope'"),
        ("disk-full+", "there is no scenario ''"),
        ("disk-full+healthy:0", "number of nodes"),
        ("disk-full+healthy:x", "number of nodes"),
        ("disk-full+healthy:٣", "number of nodes"),
        ("disk-full+healthy:99999", "number of nodes"),
        ("disk-full:3", "have no count"),
        ("disk-full:3+healthy:2", "have no count"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(expression: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        scenarios.find(expression)


def test_more_odd_nodes_than_workers_are_refused() -> None:
    with pytest.raises(ValueError, match="needs at least 13 workers"):
        prepared("selinux-denial+disk-full:12", count=13)
