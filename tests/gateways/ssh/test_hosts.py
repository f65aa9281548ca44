"""From a node to the host that ssh is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnitui.domain.facts import NodeStatus
from cnitui.gateways.ssh.hosts import HostMap, host_blocks, names_host, safe_host
from cnitui.gateways.ssh.route import Hop, hops_of

ADDRESSES = {"InternalIP": "192.0.2.11", "Hostname": "worker-01.example.net", "ExternalIP": "198.51.100.1"}
NODE = NodeStatus("worker-01", addresses=ADDRESSES)


def test_a_host_block_for_the_name_wins_over_everything() -> None:
    assert HostMap((("worker-*",),), {"worker-01": "mapped"}).host_of(NODE) == "worker-01"


def test_a_block_for_all_hosts_is_no_block_for_this_one() -> None:
    assert HostMap((("*",),), {}).host_of(NODE) == "192.0.2.11"


def test_the_configured_map_comes_before_addresses_and_names_before_patterns() -> None:
    hosts = {"worker-*": "{name}.nodes.example.net", "worker-01": "first.example.net"}
    assert HostMap(hosts=hosts).host_of(NODE) == "first.example.net"
    assert HostMap(hosts=hosts).host_of(NodeStatus("worker-02")) == "worker-02.nodes.example.net"


@pytest.mark.parametrize("kind", ["InternalIP", "Hostname", "ExternalIP"])
def test_addresses_are_tried_in_their_order(kind: str) -> None:
    order = list(ADDRESSES)
    left = {name: ADDRESSES[name] for name in order[order.index(kind) :]}
    assert HostMap().host_of(NodeStatus("worker-01", addresses=left)) == ADDRESSES[kind]


def test_a_node_without_addresses_has_no_host() -> None:
    assert HostMap().host_of(NodeStatus("worker-01")) == ""


@pytest.mark.parametrize(
    "host", ["-oProxyCommand=id", "a b", "a;id", "$(id)", "a\nb", "", "-", "a/b", "a@b", "a'b", "a" * 300]
)
def test_what_is_no_host_name_is_never_used(host: str) -> None:
    assert not safe_host(host)
    hostile = {"InternalIP": host, "Hostname": "worker-01.example.net"}
    assert HostMap().host_of(NodeStatus("x", addresses=hostile)) == "worker-01.example.net"


@pytest.mark.parametrize("host", ["192.0.2.11", "fd00::1", "::1", "fe80::1%eth0", "worker-01", "a.b-c.example", "x_1"])
def test_names_and_addresses_are_hosts(host: str) -> None:
    assert safe_host(host)


@pytest.mark.parametrize(
    ("patterns", "wanted"),
    [
        (("worker-0?",), True),
        (("*", "worker-01"), True),
        (("!worker-01", "worker-*"), False),
        (("**",), False),
        (("other",), False),
    ],
)
def test_patterns_are_those_of_ssh(patterns: tuple[str, ...], wanted: bool) -> None:
    assert names_host(patterns, "worker-01") is wanted


def test_blocks_of_included_files_count_and_a_circle_ends(tmp_path: Path) -> None:
    main, other = tmp_path / "config", tmp_path / "conf.d" / "nodes"
    other.parent.mkdir()
    main.write_text(f'Include {tmp_path}/conf.d/*\nhost = "worker-01" w1\n  HostName x\nHost *\n')
    other.write_text(f"Host worker-02 # comment\nInclude {main}\n")
    assert host_blocks(main)[:1] == (("worker-02", "#", "comment"),)
    assert ("worker-01", "w1") in host_blocks(main)
    assert host_blocks(tmp_path / "missing") == ()


@pytest.mark.parametrize(
    ("jump", "hops"),
    [
        ("bastion", [Hop("bastion")]),
        ("ops@bastion:2222,inner", [Hop("bastion", "ops", 2222), Hop("inner")]),
        ("ssh://ops@[fd00::1]:22", [Hop("fd00::1", "ops", 22)]),
        ("fd00::1", [Hop("fd00::1")]),
        ("none", []),
        ("", []),
    ],
)
def test_a_proxy_jump_is_read_hop_by_hop(jump: str, hops: list[Hop]) -> None:
    assert list(hops_of(jump)) == hops
