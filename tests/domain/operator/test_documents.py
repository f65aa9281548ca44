"""The folder's files: what a person is told to type, and a backup without secrets that says what it lacks."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cnitui.domain.evidence import Observed
from cnitui.domain.operator.assessment import assess
from cnitui.domain.operator.documents import Place, documents
from cnitui.domain.operator.observation import KNOWN, POOLS, Objects, Observation
from cnitui.domain.operator.releases import release_of
from cnitui.domain.operator.walk import walk
from cnitui.gateways.documents import dump_yaml, load_yaml
from tests.domain.operator.stock import SOURCE, Stock

PLACE = Place("prod", "https://10.0.0.1:6443", "2026-01-01 00:00:00Z")


def written(stock: Stock, seen: Observation | None = None) -> dict[str, str]:
    seen = seen or stock.observed()
    return documents(seen, assess(seen), PLACE, dump_yaml)


@pytest.mark.parametrize(
    ("version", "operator", "installs"),
    [
        ("v3.20.0", "v1.20.0", "v3.20.0"),
        ("v3.24.5", "v1.28.5", "v3.24.5"),
        ("v3.27.0", "v1.32.3", "v3.27.0"),
        ("v3.29.7", "v1.36.16", "v3.29.7"),
        ("v3.32.1", "v1.42.3", "v3.32.1"),
        ("v3.26.2", "v1.30.6", "v3.26.1"),
    ],
)
def test_the_operators_release_is_the_one_of_the_calico_release(version: str, operator: str, installs: str) -> None:
    release = release_of(version)
    assert release is not None
    assert (release.operator, release.installs) == (operator, installs)


@pytest.mark.parametrize("version", ["", "v3.19.4", "v3.27.9", "v3.27", "v3.27.0-rke2", "v4.0.0", "v3.33.0", "³"])
def test_a_version_that_is_not_in_the_table_is_not_guessed(version: str) -> None:
    assert release_of(version) is None


@pytest.mark.parametrize("version", ["v3.24.5", "v3.30.7", ""])
def test_every_step_has_a_check_and_a_way_back_and_none_deletes_calico(version: str) -> None:
    for stage in walk(release_of(version), api_server=True):
        assert stage.check or stage.expect
        assert stage.back
        assert "delete" not in stage.command + stage.check
        assert "delete -f" not in stage.undo
    typed = "\n".join(stage.command for stage in walk(release_of(version), api_server=True))
    assert ("-f operator-crds.yaml" in typed) is (version != "v3.24.5")


def test_the_folder_holds_plan_installation_and_every_object_without_the_servers_own_fields() -> None:
    stock = Stock()
    stock.daemonset["metadata"] |= {"uid": "u", "resourceVersion": "9", "managedFields": [{}]}
    files = written(stock)
    assert load_yaml(files["installation.yaml"])["spec"]["cni"]["type"] == "Calico"  # type: ignore[index]
    assert load_yaml(files["apiserver.yaml"])["kind"] == "APIServer"  # type: ignore[index]
    kept = json.loads(files["backup/daemonset-calico-node.json"])["items"][0]
    assert kept["kind"] == "DaemonSet"
    assert "status" not in kept
    assert not {"uid", "resourceVersion", "managedFields"} & set(kept["metadata"])
    assert kept["spec"] == stock.daemonset["spec"]
    pools = json.loads(files["backup/ippools.crd.projectcalico.org.json"])
    assert (pools["kind"], pools["items"][0]["apiVersion"]) == ("List", "crd.projectcalico.org/v1")
    assert "backup/bgppeers.crd.projectcalico.org.json" not in files
    assert "backup/configmap-kubeadm-config.json" not in files
    assert "docker.io/calico/node:v3.27.0" in files["README.md"]


def test_a_backup_that_lacks_something_says_so_and_secrets_are_told_and_gone() -> None:
    stock = Stock().hides(KNOWN[2], "User x may not list bgppeers").set("SOME_TOKEN", "hunter2hunter2")
    readings = dict(stock.observed().readings)
    pools = readings[POOLS]
    assert isinstance(pools, Observed)
    readings[POOLS] = replace(pools, value=Objects(pools.value.items, 7))
    plan = written(stock, Observation(readings))["README.md"]
    assert "**The backup is incomplete." in plan
    assert "`bgppeers.crd.projectcalico.org`: User x may not list bgppeers" in plan
    assert "`ippools.crd.projectcalico.org`: cut after 1 objects; 7 more are on the server" in plan
    assert "hunter2hunter2" not in "".join(written(stock).values())
    assert "`daemonset-calico-node.json`: values that look like secrets were taken out of it" in plan


def test_text_from_the_cluster_stays_literal() -> None:
    evil = "`rm -rf /`\n## Never\n\x1b[31m<script>"
    stock = Stock().set("IP_AUTODETECTION_METHOD", f"interface={evil}")
    stock.pools.append({"metadata": {"name": evil}, "spec": {"cidr": "10.8.0.0/24", "nodeSelector": evil}})
    files = written(stock)
    plan = files["README.md"]
    assert "\x1b" not in plan
    assert "\n## Never\n" in plan
    assert plan.count("\n## Never") == 1
    assert "<script>" not in plan.replace("``", "").split("## Steps")[1]
    network = load_yaml(files["installation.yaml"])["spec"]["calicoNetwork"]  # type: ignore[index]
    assert network["nodeAddressAutodetectionV4"] == {"interface": evil}


def test_nothing_but_garbage_raises_nothing() -> None:
    odd: list[dict[str, object]] = [{}, {"spec": None}, {"spec": {"template": []}}, {"metadata": 7, "spec": {"env": 1}}]
    for document in odd:
        readings = {ref: Observed(Objects((document,)), SOURCE) for ref in Stock().observed().readings if ref.name}
        readings |= {POOLS: Observed(Objects((document,)), SOURCE)}
        seen = Observation({ref: found for ref, found in readings.items() if "canal" not in ref.name + ref.namespace})
        documents(seen, assess(seen), PLACE, dump_yaml)
