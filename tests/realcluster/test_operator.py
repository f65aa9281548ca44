"""The Installation `cnitui operator` makes, judged by a real API server with the operator's own CRDs (dry runs only).

For several releases: what was observed is given the image of another release, and its operator's CRD is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.clock import SystemClock
from cnitui.domain.evidence import Observed
from cnitui.domain.operator.assessment import Assessment, assess
from cnitui.domain.operator.observation import CALICO_NODE, POOLS, Objects, Observation
from cnitui.engine.probes.installation import Survey
from cnitui.gateways.documents import dump_yaml, load_all_yaml
from tests.realcluster.audit import stored
from tests.realcluster.conftest import RealCluster, Users, only_in

pytestmark = pytest.mark.realcluster

CRDS = ("installations.operator.tigera.io", "apiservers.operator.tigera.io")
POOL = {"natOutgoing": True, "nodeSelector": "all()", "blockSize": 26, "allowedUses": ["Workload", "Tunnel"]}
MODES = (
    ("Always", "Never"),
    ("CrossSubnet", "Never"),
    ("Never", "Always"),
    ("Never", "CrossSubnet"),
    ("Never", "Never"),
)
RELEASES = ("v3.24.5", "v3.25.2", "v3.26.5", "v3.27.0", "v3.28.5", "v3.29.7")


def calico(kind: str, name: str, spec: object) -> dict[str, object]:
    metadata = {"name": name}
    return {"apiVersion": "crd.projectcalico.org/v1", "kind": kind, "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module")
def calicos_data(realcluster: RealCluster, state: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What calico-node would have written, if it ran here; the operator's CRDs go as well at the end."""
    only_in(state, "stock")
    pool = {"cidr": "192.168.0.0/16", "ipipMode": "Always", "vxlanMode": "Never", **POOL}
    made = [calico("IPPool", "default-ipv4-ippool", pool), calico("FelixConfiguration", "default", {})]
    file = tmp_path_factory.mktemp("calico") / "data.yaml"
    file.write_text("---\n".join(map(dump_yaml, made)))
    realcluster.kubectl("apply", "-f", str(file))
    yield
    realcluster.kubectl("delete", "-f", str(file))
    realcluster.kubectl("delete", "crd", "--ignore-not-found", *CRDS)


def install_crds(real: RealCluster, shared: Path, release: str, folder: Path) -> None:
    """The operator's two CRDs of a release, replacing those of another."""
    manifest = shared / "domain" / "manifests" / release / "tigera-operator.yaml"
    documents = load_all_yaml(manifest.read_text(), str(manifest))
    named = [found for found in documents if isinstance(found, dict) and found["metadata"]["name"] in CRDS]
    file = folder / "crds.yaml"
    file.write_text("---\n".join(map(dump_yaml, named)))
    real.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(file))
    deadline = time.monotonic() + 30  # `kubectl wait` gives up on a CRD that has no conditions yet
    while real.kubectl("get", "crd", *CRDS, "-o", "json").count('"type": "Established"') < len(CRDS):
        assert time.monotonic() < deadline, "the CRDs are not established"


def dry_run(real: RealCluster, *files: Path) -> str:
    """What the server says of files; unknown fields are refused."""
    named = [word for file in files for word in ("-f", str(file))]
    return real.kubectl("create", "--dry-run=server", "--validate=strict", *named)


def of_release(seen: Observation, release: str, modes: tuple[str, str]) -> Assessment:
    """The same installation as another release and with another pool."""
    reading, node = seen.readings[POOLS], seen.readings[CALICO_NODE]
    assert isinstance(reading, Observed)
    assert isinstance(node, Observed)
    pool = dict(reading.value.items[0])
    pool["spec"] = {"cidr": "192.168.0.0/16", "ipipMode": modes[0], "vxlanMode": modes[1], **POOL}
    daemonset = dict(node.value.items[0])
    template = daemonset["spec"]["template"]  # type: ignore[index]  # a DaemonSet of the server
    agent = {**template["spec"]["containers"][0], "image": f"docker.io/calico/node:{release}"}
    pod = {**template["spec"], "containers": [agent]}
    daemonset["spec"] = {**daemonset["spec"], "template": {**template, "spec": pod}}  # type: ignore[dict-item]
    changed = {POOLS: Objects((pool,)), CALICO_NODE: Objects((daemonset,))}
    kept = {ref: replace(reading, value=value) for ref, value in changed.items()}
    return assess(Observation({**seen.readings, **kept}))


async def test_the_server_accepts_the_installation_and_the_command_writes_nothing_to_it(
    realcluster: RealCluster, calicos_data: None, shared: Path, tmp_path: Path
) -> None:
    before = len(stored(realcluster.audited()))
    folder = tmp_path / "plan"
    home = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state"), "PATH": os.environ["PATH"]}
    program = str(Path(sys.executable).with_name("cnitui"))
    command = [program, "operator", str(folder), "--kubeconfig", str(realcluster.kubeconfig())]
    done = subprocess.run(command, env=home, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert stored(realcluster.audited())[before:] == []
    install_crds(realcluster, shared, "v3.27.0", tmp_path)
    said = dry_run(realcluster, folder / "installation.yaml", folder / "apiserver.yaml")
    assert said.splitlines() == [
        "installation.operator.tigera.io/default created (server dry run)",
        "apiserver.operator.tigera.io/default created (server dry run)",
    ]
    for file in sorted((folder / "backup").glob("*.crd.projectcalico.org.json")):
        realcluster.kubectl("apply", "--dry-run=server", "-f", str(file))


@pytest.mark.parametrize("release", RELEASES)
async def test_each_release_and_encapsulation_is_accepted_by_its_operators_crd(
    realcluster: RealCluster, users: Users, calicos_data: None, shared: Path, tmp_path: Path, release: str
) -> None:
    install_crds(realcluster, shared, release, tmp_path)
    seen = await Survey(users.of(), SystemClock()).observe()
    judged = [of_release(seen, release, modes) for modes in MODES]
    assert [found.refused for found in judged] == [()] * len(MODES)
    file = tmp_path / "installations.yaml"
    file.write_text("---\n".join(dump_yaml(found.installation) for found in judged))
    accepted = "installation.operator.tigera.io/default created (server dry run)"
    assert dry_run(realcluster, file).splitlines() == [accepted] * len(MODES)


async def test_an_installation_that_is_there_is_not_made_again(
    realcluster: RealCluster, users: Users, calicos_data: None, shared: Path, tmp_path: Path
) -> None:
    install_crds(realcluster, shared, "v3.27.0", tmp_path)
    file = tmp_path / "there.yaml"
    file.write_text(
        dump_yaml({"apiVersion": "operator.tigera.io/v1", "kind": "Installation", "metadata": {"name": "default"}})
    )
    realcluster.kubectl("create", "-f", str(file))
    refused = assess(await Survey(users.of(), SystemClock()).observe()).refused
    assert [(check.about, check.quote) for check in refused] == [("operator", "Installation default")]
