"""Every scenario in every way of looking at it: the right cause or an honest doubt, the right plans, what mends it."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.report import as_data
from cnitui.engine.sitting import judged, sitting
from cnitui.lab.scenarios import SCENARIOS, find
from tests.engine.lab_case import WAIT, connected, still
from tests.engine.scenario_trials import CURES, PLANS, WAYS, WHOLE, Trial, healed_and_back, tried

LIKELY = {
    "selinux-dontaudit": "no denial is on record: only an experiment can be surer",
    "disk-inodes": "the errno is thrown away",
    "missing-account": "who made the account go is not known",
    "runtime-failure": "the words of the runtime name a driver, not who is to change",
    "arch-mismatch": "a truncated image says the same",
    "missing-configmap": "the ConfigMap may belong to another release",
    "ip-nat-address": "a stale record says the same",
    "ip-pool-config": "the words fit several faults of a pool",
    "bgp-not-ready": "that TCP 179 is dropped was not tried",
    "kernel-dataplane": "a defect of the release says the same",
}
"""Scenarios in which even all that can be read leaves a rival open, and why."""
BOTH = "worker-01, worker-02"
FIRST: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("selinux-denial", "selinux-dontaudit", "selinux-token", "selinux-net-d"), ("patch-daemonset",)),
    **dict.fromkeys(("selinux-wrong-context", "selinux-usr-t", "selinux-categories"), ("relabel",)),
    "read-only-filesystem": ("/opt (xfs on /dev/mapper/rl-opt)", BOTH, "sudo mount -o remount,rw /opt"),
    "permissive-domain": ("/opt (xfs on /dev/mapper/rl-opt)", BOTH, "sudo mount -o remount,rw /opt"),
    "text-file-busy": ("executes /opt/cni/bin/calico.tmp", "sudo fuser -v /opt/cni/bin/calico.tmp"),
    "disk-full": (f"Free space on /opt of {BOTH}: 100 % used", "are /opt/backup (1.8 GiB)", "sudo du -x -h /opt"),
    "disk-inodes": (f"Free inodes on /opt of {BOTH}: 100 % used", "sudo du -x --inodes /opt"),
    "immutable-directory": (f"/opt/cni/bin is immutable on {BOTH}", "sudo chattr -i /opt/cni/bin"),
    "noexec-volume": (f"/opt is mounted noexec on {BOTH}", "sudo mount -o remount,exec /opt"),
    "cni-dir-mismatch": ("reads /etc/kubernetes/cni/net.d, and Calico writes to /etc/cni/net.d", "systemctl restart"),
    "apiserver-unreachable": (f"Open TCP 6443 from {BOTH} to 10.240.0.11",),
    "network-policy": (f"Open TCP 6443 from {BOTH} to 10.240.0.11", "rules named cali-"),
    "no-route": (f"{BOTH} have no route to 10.96.0.1", "ip route add default"),
    "missing-binding": ("create-rbac",),
    "missing-account": ("create-rbac",),
    "trimmed-role": ("calico-node may not create serviceaccounts/token", "kubectl auth reconcile -f https://"),
    "flushed-rules": ("restart-kube-proxy",),
    "runtime-failure": ("cgroupDriver: systemd", BOTH),
    "certificate-expired": ("The API server's certificate ended on 20", "sudo kubeadm certs renew apiserver"),
    "certificate-other-ca": ("of another authority", "kube-root-ca.crt"),
    "certificate-names": ("does not name 10.96.0.1, only 10.240.0.11", "--apiserver-cert-extra-sans 10.96.0.1"),
    "clock-behind": (f"The clock of {BOTH} says", "chronyc makestep"),
    "token-refused": ("has renewed the token since", "does not know the key", "service-account-(key|signing-key)-file"),
    "image-rate-limit": ("master-01 has docker.io/calico/cni:v3.27.0", "rate limit", "images export"),
    "image-offline": ("master-01 has docker.io/calico/cni:v3.27.0", "do not reach the registry", "images import"),
    "image-tag": ("has no docker.io/calico/cni:v3.27.O", "install-cni=docker.io/calico/cni:v3.27.0"),
    "arch-mismatch": ("registry.lab/calico/cni:v3.27.0 is not for arm64", "install-cni=docker.io/calico/cni:v3.27.0"),
    "mount-failure": (f"/sys/fs/bpf is missing on {BOTH}", "sudo mount -t bpf bpffs /sys/fs/bpf"),
    "missing-configmap": ("ConfigMap calico-config is not there", "> calico-config.yaml"),
    "resource-pressure": ("install-cni was killed for its memory limit", '"memory": null'),
    "admission-denied": ("enforces the Pod Security level baseline", "enforce=privileged"),
    "version-incompatibility": ("starts /install-cni.sh", "kubectl diff -f https://"),
    "ip-autodetection": ("interface=eth0", "worker-01 has 10.240.0.21", "kubernetes-internal-ip"),
    "ip-nat-address": ("takes 10.0.2.15, which other nodes have as well", "kubernetes-internal-ip"),
    "ip-pool-config": ("The pool 10.244.0.0/27 is smaller than one block", "CALICO_IPV4POOL_CIDR="),
    "missing-crds": ("does not know ippools.crd.projectcalico.org", "v3.27.0/manifests/crds.yaml"),
    "bad-cni-config": ("cni_network_config in ConfigMap calico-config is no JSON", "json.tool"),
    "bgp-not-ready": ("Open TCP 179", "10.240.0.11 has no session with 10.240.0.21, 10.240.0.22"),
    "typha-unreachable": (f"Open TCP 5473 from {BOTH} to 10.240.0.11",),
    "kernel-dataplane": (f"Load on {BOTH} (kernel 6.12.0-55.el10.x86_64)", "modprobe -a ip_set"),
}
"""What is to be done first, with the observed names: parts of its words and of its command, or the plan's id."""
NOT_HERE = {"kube-proxy-service-vip", "kube-proxy-dead"}
"""Whether kube-proxy's pod helps is in its log, which a lab that stands still has not written."""
WITHOUT = {
    "operator-managed": "the lab has no operator",
    "stale-node-state": "a node object without a machine cannot be played yet",
    "unknown": "it is no fault that could be played",
}
"""Causes of the catalogue that no scenario shows."""


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
async def test_the_right_cause_or_an_honest_doubt_in_every_way(name: str, tmp_path: Path) -> None:
    trial = await tried(name, tmp_path)
    assert_case_and_paste_tell_the_same(trial)
    if not trial.answers:
        assert {way: found.status for way, found in trial.found.items()} == dict.fromkeys(WAYS, "healthy")
        assert not trial.offered
        return
    assert {way: found.status for way, found in trial.found.items()} == dict.fromkeys(WAYS, "failing")
    blamed = {way: trial.blamed(way) - set(trial.answers) for way in WAYS}
    assert blamed == dict.fromkeys(WAYS, frozenset()), "a confident wrong cause"
    for way in WAYS:
        assert trial.blamed(way) or trial.found[way].next_evidence, f"{way}: no cause and no command that decides"
    told = {way: trial.found[way].confident[0].verdict.value for way in WHOLE if trial.blamed(way)}
    assert told == dict.fromkeys(WHOLE, "likely" if name in LIKELY else "confirmed")
    allowed = frozenset[str]().union(*(PLANS.get(cause, frozenset()) for cause in trial.answers))
    assert set(trial.offered) <= allowed, "a plan that is not against this cause"
    assert [part for part in FIRST.get(name, ()) if part not in trial.first] == [], trial.first


def assert_case_and_paste_tell_the_same(trial: Trial) -> None:
    """One verdict live, from the case file and from its paste."""
    live, paste = trial.found["ssh"], trial.found["paste"]
    told = as_data(live)
    assert as_data(trial.saved.diagnosis) == told
    assert as_data(trial.found["case"]) == told
    with tarfile.open(trial.saved.path) as archive:
        kept = archive.extractfile("diagnosis.json")
        assert kept is not None
        assert json.load(kept) == told
    assert paste.status == live.status
    assert [(one.cause, one.verdict, one.nodes) for one in paste.confident] == [
        (one.cause, one.verdict, one.nodes) for one in live.confident
    ]


@pytest.mark.parametrize(
    "name", ["disk-inodes+no-route", "selinux-categories+image-rate-limit", "typha-unreachable+cni-dir-mismatch"]
)
async def test_two_causes_on_two_pools_are_told_apart(name: str, tmp_path: Path) -> None:
    async with still(name, nodes=5) as lab, connected(lab, tmp_path) as (opened, _):
        found = judged(await sitting(opened, WAIT))
        blamed = {node: one.cause for one in found.confident for node in one.nodes}
        right = {node: find(scenario).causes[0] for node, scenario in lab.truth.items() if node != "master-01"}
        assert blamed == right


@pytest.mark.parametrize("name", CURES)
async def test_what_mends_it_and_what_brings_it_back(name: str) -> None:
    await healed_and_back(name, CURES[name])


def test_every_scenario_with_a_fault_has_a_cure_and_every_cause_a_scenario() -> None:
    assert set(CURES) | {"flushed-rules"} == {scenario.name for scenario in SCENARIOS if scenario.causes}
    shown = {cause for scenario in SCENARIOS for cause in scenario.causes[:1]}
    known = {cause.id for cause in CATALOGUE}
    assert shown <= known
    assert known - shown == set(WITHOUT)
    assert all(find(name).causes for name in LIKELY)
    assert set(FIRST) | NOT_HERE == {scenario.name for scenario in SCENARIOS if scenario.causes}
