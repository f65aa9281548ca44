"""`operator`: files from what is observed, nothing written to the cluster, refusals with their reason."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from cnitui.gateways.documents import load_yaml
from cnitui.lab import Lab
from cnitui.lab.objects.resources import CONFIG_MAPS, DAEMON_SETS, IP_POOLS
from tests.running import Ended, cnitui

Json = dict[str, Any]


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start("healthy", speed=20, seed=7, ssh=False) as running:
        yield running


async def run(lab: Lab, home: Path, *more: str, user: str = "admin") -> Ended:
    return await cnitui(home, "operator", home / "plan", *more, "--kubeconfig", lab.kubeconfig_of(user))


async def test_a_healthy_cluster_gets_a_plan_and_nothing_is_written_to_it(lab: Lab, tmp_path: Path) -> None:
    told = await run(lab, tmp_path)
    assert told.code == 0, told.err
    assert "REFUSED" not in told.out + told.err
    assert "belongs to operator v1.32.3" in told.out
    assert "nothing in the cluster was changed" in told.err
    assert lab.audit == []
    plan = tmp_path / "plan"
    installation = load_yaml((plan / "installation.yaml").read_text())
    assert installation["spec"]["calicoNetwork"]["ipPools"][0]["cidr"] == "10.244.0.0/16"  # type: ignore[index]
    handles = json.loads((plan / "backup/ipamhandles.crd.projectcalico.org.json").read_text())["items"]
    pods = [pod for pod in lab.world.store.all("pods") if not pod["spec"].get("hostNetwork")]
    assert len(handles) == len(pods) > 0
    assert {path.stat().st_mode & 0o077 for path in plan.rglob("*")} == {0}


async def test_files_are_replaced_only_when_told_so(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan/README.md").write_text("mine")
    told = await run(lab, tmp_path)
    assert (told.code, told.out) == (1, "")
    assert "is not empty" in told.err
    assert (tmp_path / "plan/README.md").read_text() == "mine"
    assert (await run(lab, tmp_path, "--force")).code == 0
    assert (tmp_path / "plan/README.md").read_text().startswith("# Migrate Calico")


def _etcd(lab: Lab) -> None:
    def edit(found: Json) -> None:
        agent = found["spec"]["template"]["spec"]["containers"][0]
        agent["env"].append({"name": "ETCD_ENDPOINTS", "value": "https://e"})

    lab.world.store.modify(DAEMON_SETS, "kube-system", "calico-node", edit)


def _renamed(lab: Lab) -> None:
    canal = {**lab.world.store.get(DAEMON_SETS, "kube-system", "calico-node")}
    canal["metadata"] = {**canal["metadata"], "name": "canal"}
    lab.world.store.create(DAEMON_SETS, canal)


def _both(lab: Lab) -> None:
    pool = "default-ipv4-ippool"
    lab.world.store.modify(IP_POOLS, "", pool, lambda found: found["spec"].update(vxlanMode="Always"))


def _mtus(lab: Lab) -> None:
    def edit(found: Json) -> None:
        found["data"]["cni_network_config"] = found["data"]["cni_network_config"].replace("__CNI_MTU__", "1440")

    lab.world.store.modify(CONFIG_MAPS, "kube-system", "calico-config", edit)


@pytest.mark.parametrize(
    ("breaking", "why"),
    [
        (_etcd, "REFUSED    datastore: Calico keeps its data in etcd"),
        (_renamed, "REFUSED    networking: canal and flannel"),
        (_both, "REFUSED    IP pools: default-ipv4-ippool: IPIP and VXLAN at once"),
        (_mtus, "REFUSED    MTU: the operator has one MTU for all"),
    ],
)
async def test_what_the_operator_would_refuse_is_refused_and_nothing_is_written(
    lab: Lab, tmp_path: Path, breaking: Callable[[Lab], None], why: str
) -> None:
    breaking(lab)
    told = await run(lab, tmp_path)
    assert told.code == 1
    assert why in told.out
    assert "Nothing was written" in told.err
    assert not (tmp_path / "plan").exists()


async def test_failing_nodes_are_to_be_repaired_before_the_first_step(tmp_path: Path) -> None:
    async with Lab.start("selinux-denial", speed=20, seed=7, ssh=False) as lab:
        told = await run(lab, tmp_path)
    assert told.code == 0
    assert "desired 3, ready 1" in told.out
    assert "do: repair them before step 1" in told.out


async def test_what_may_not_be_read_is_missing_and_told(lab: Lab, tmp_path: Path) -> None:
    lab.faults.forbid("token-admin", resource="ippools")
    lab.faults.forbid("token-admin", resource="ipamblocks")
    told = await run(lab, tmp_path, user="token")
    assert told.code == 0, told.err
    assert "the backup is incomplete, without ipamblocks" in told.err
    plan = tmp_path / "plan"
    assert "ipPools" not in (plan / "installation.yaml").read_text()
    assert not (plan / "backup/ippools.crd.projectcalico.org.json").exists()
    assert "**The backup is incomplete." in (plan / "README.md").read_text()


@pytest.mark.parametrize(
    ("user", "why"),
    [
        ("nobody", "DaemonSet kube-system/calico-node could not be read"),
        ("token-expired", "does not accept our credentials (401)"),
        ("wrong-ca", "not trusted"),
    ],
)
async def test_without_a_look_at_calico_node_there_is_no_plan(lab: Lab, tmp_path: Path, user: str, why: str) -> None:
    told = await run(lab, tmp_path, user=user)
    assert told.code == 1
    assert why in told.err
    assert not (tmp_path / "plan").exists()


async def test_a_server_that_fails_in_the_middle_ends_it_without_a_file(lab: Lab, tmp_path: Path) -> None:
    lab.faults.respond(401, "/apis/crd.projectcalico.org/v1/ippools")
    told = await run(lab, tmp_path)
    assert told.code == 1
    assert "(401)" in told.err
    assert not (tmp_path / "plan").exists()
