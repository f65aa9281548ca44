"""Every scenario shows its fault the way a real one does, and only the right change mends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cnitui.lab.controllers.daemonset import delete_pod
from cnitui.lab.lab import Lab
from cnitui.lab.machine.node import Node
from cnitui.lab.scenarios import SCENARIOS, find
from tests.lab.kubelet.test_kubelet import pod_of, ready, words, worker_of
from tests.lab.shell.test_shell import sh

WORKER = "worker-01"
LAST_LINE = {
    "selinux-denial": "found no writeable directory, exiting error=<nil>",
    "selinux-wrong-context": "found no writeable directory, exiting error=<nil>",
    "read-only-filesystem": "found no writeable directory, exiting error=<nil>",
    "text-file-busy": "open /host/opt/cni/bin/calico.tmp: text file busy",
    "disk-full": "write /host/opt/cni/bin/bandwidth.tmp: no space left on device",
    "apiserver-unreachable": "dial tcp 10.96.0.1:443: i/o timeout",
    "kube-proxy-service-vip": "dial tcp 10.96.0.1:443: i/o timeout",
    "flushed-rules": "dial tcp 10.96.0.1:443: i/o timeout",
}
CURE = {
    "selinux-denial": "sudo -n chcon -R -t container_file_t /opt/cni/bin /etc/cni/net.d",
    "selinux-wrong-context": "sudo -n restorecon -R /opt/cni /etc/cni",
    "read-only-filesystem": "sudo -n mount -o remount,rw /opt",
    "text-file-busy": "sudo -n kill $(sudo -n fuser /opt/cni/bin/calico.tmp 2>/dev/null | tr -d ' e')",
}


def reachable(node: Node) -> None:
    node.network.endpoint = "ok"


def translated(node: Node) -> None:
    node.network.rules_written = node.born


def emptied(node: Node) -> None:
    node.files.mount_of("/opt").used = 1000


REPAIR: dict[str, Callable[[Node], None]] = {
    "apiserver-unreachable": reachable,
    "kube-proxy-service-vip": translated,
    "disk-full": emptied,
}


def last_line(lab: Lab, node: str = WORKER) -> str:
    container = worker_of(lab, node).find("install-cni")
    assert container is not None
    finished = [attempt for attempt in container.attempts() if attempt.finished]
    return finished[-1].log.lines[-1][1].decode().rstrip()


@pytest.mark.parametrize("name", LAST_LINE)
async def test_the_workers_fail_for_its_reason_and_the_control_plane_runs(name: str) -> None:
    async with Lab.start(name, speed=1) as lab:
        assert words(lab, "master-01") == "Running"
        for node in ("worker-01", "worker-02"):
            assert last_line(lab, node).endswith(LAST_LINE[name])
            assert words(lab, node) == "Init:CrashLoopBackOff"
            assert not ready(lab, node)
        confined = [e for e in lab.world.node(WORKER).audit.events if e.comm == "install"]
        assert bool(confined) == name.startswith("selinux")


@pytest.mark.parametrize("name", CURE)
async def test_the_right_command_on_the_node_mends_it(name: str) -> None:
    async with Lab.start(name, speed=200) as lab:
        assert (await sh(lab, CURE[name]))[::2] == (0, "")
        await lab.until(lambda: words(lab, WORKER) == "Running" and ready(lab, WORKER))
        assert words(lab, "worker-02") != "Running"


@pytest.mark.parametrize("name", REPAIR)
async def test_the_right_change_around_the_node_mends_it(name: str) -> None:
    async with Lab.start(name, speed=200) as lab:
        REPAIR[name](lab.world.node(WORKER))
        await lab.until(lambda: words(lab, WORKER) == "Running" and ready(lab, WORKER))


async def test_restoring_the_policys_labels_is_no_cure_for_a_denial_by_policy() -> None:
    async with Lab.start("selinux-denial", speed=200) as lab:
        assert (await sh(lab, "sudo -n restorecon -RFv /opt/cni /etc/cni"))[0] == 0
        before = pod_of(lab, WORKER)["status"]["initContainerStatuses"][1]["restartCount"]
        await lab.until(lambda: pod_of(lab, WORKER)["status"]["initContainerStatuses"][1]["restartCount"] > before + 1)
        assert last_line(lab).endswith(LAST_LINE["selinux-denial"])


async def test_a_service_address_without_rules_is_told_apart_from_a_dead_endpoint() -> None:
    asked = (
        "curl -ks -m 1 https://10.96.0.1:443/healthz; echo $?; curl -ks -m 1 https://10.240.0.11:6443/healthz; echo $?"
    )
    async with Lab.start("kube-proxy-service-vip", speed=100) as lab:
        assert (await sh(lab, asked))[1].split() == ["28", "ok0"]
        assert "KUBE-SERVICES" not in (await sh(lab, "sudo -n iptables -t nat -S"))[1]
    async with Lab.start("apiserver-unreachable", speed=100) as lab:
        assert (await sh(lab, asked))[1].split() == ["28", "28"]
        assert "KUBE-SERVICES" in (await sh(lab, "sudo -n iptables -t nat -S"))[1]


@pytest.mark.parametrize(
    ("name", "words_"),
    [
        ("missing-binding", 'cannot create resource "serviceaccounts/token" in API group "" in the namespace'),
        ("trimmed-role", 'cannot create resource "serviceaccounts/token" in API group "" in the namespace'),
        ("missing-account", 'serviceaccounts "calico-cni-plugin" not found'),
    ],
)
async def test_what_the_manifest_lacks_is_refused_on_every_node(name: str, words_: str) -> None:
    async with Lab.start(name) as lab:
        assert all(words_ in last_line(lab, node) for node in lab.world.nodes)


async def test_a_new_kube_proxy_writes_the_rules_that_were_flushed() -> None:
    async with Lab.start("flushed-rules", speed=200) as lab:
        network = lab.world.node(WORKER).network
        assert not network.service_rules
        pods = lab.world.store.all("pods", "kube-system")
        (old,) = [p for p in pods if p["metadata"]["name"].startswith("kube-proxy") and p["spec"]["nodeName"] == WORKER]
        delete_pod(lab.world, old)
        await lab.until(lambda: network.service_rules)


async def test_the_wrong_label_is_visible_beside_the_rule() -> None:
    async with Lab.start("selinux-wrong-context") as lab:
        _, out, _ = await sh(lab, "matchpathcon -V /opt/cni/bin /etc/cni/net.d")
        assert out.splitlines() == [
            "/opt/cni/bin has context system_u:object_r:usr_t:s0, should be system_u:object_r:container_file_t:s0",
            "/etc/cni/net.d has context system_u:object_r:etc_t:s0, should be system_u:object_r:container_file_t:s0",
        ]
        assert "/opt/cni(/.*)?" in (await sh(lab, "sudo -n semanage fcontext -lC"))[1]


async def test_a_read_only_volume_is_visible() -> None:
    async with Lab.start("read-only-filesystem") as lab:
        assert (await sh(lab, "findmnt -n -o TARGET,OPTIONS -T /opt/cni/bin"))[1].startswith("/opt ro,")
        assert (await sh(lab, "df -P /opt/cni/bin | tail -1"))[1].split()[-1] == "/opt"


async def test_a_full_volume_is_visible() -> None:
    async with Lab.start("disk-full") as lab:
        assert (await sh(lab, "df -P /opt/cni/bin | tail -1"))[1].split()[4:] == ["100%", "/opt"]
        assert "bandwidth.tmp" in (await sh(lab, "ls /opt/cni/bin"))[1]


async def test_more_machines_are_all_alike() -> None:
    async with Lab.start("selinux-denial", nodes=12) as lab:
        assert list(lab.world.nodes)[:3] == ["master-01", "worker-01", "worker-02"]
        assert len({node.ip for node in lab.world.nodes.values()}) == 12
        assert {words(lab, name) for name in lab.world.nodes} == {"Running", "Init:CrashLoopBackOff"}


def test_names_are_unique_and_summaries_short() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    assert all(len(scenario.summary) < 120 for scenario in SCENARIOS)
    assert all(scenario.seen for scenario in SCENARIOS)
    assert find("1") is SCENARIOS[0]
    with pytest.raises(ValueError, match="known: selinux-denial, "):
        find("nothing")


async def test_without_a_sandbox_nothing_starts_until_both_use_one_cgroup_driver() -> None:
    async with Lab.start("runtime-failure", speed=20, seed=7) as lab:
        pod = pod_of(lab, WORKER)
        assert pod is not None
        assert words(lab, WORKER) == "Init:0/3"
        inits = pod["status"]["initContainerStatuses"]
        assert all("waiting" in one["state"] and not one["restartCount"] for one in inits)
        events = [one for one in lab.world.store.all("events") if one["reason"] == "FailedCreatePodSandBox"]
        told = [one["message"] for one in events if one["involvedObject"]["uid"] == pod["metadata"]["uid"]]
        assert any('expected cgroupsPath to be of format "slice:prefix:name"' in message for message in told)
        lab.world.node(WORKER).kubelet_cgroups = "systemd"
        await lab.until(lambda: ready(lab, WORKER))
