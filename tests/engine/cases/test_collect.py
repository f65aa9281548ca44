"""Case files of labs: nothing secret, nothing silently missing, judged as it was live."""

from __future__ import annotations

import gzip
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from cnitui.domain.facts import AttemptLogs
from cnitui.domain.report import as_data
from cnitui.engine.cases.collect import Bounds
from cnitui.engine.cases.saving import save_case
from cnitui.engine.sitting import sitting
from cnitui.errors import ClusterUnreachable, StateError
from cnitui.gateways.bundle import read_bundle
from cnitui.lab.objects.resources import NODES
from tests.engine.lab_case import WAIT, claims, collected, connected, still

TOKEN = "eyJhbGciOiJSUzI1NiIsImtpZCI6Ing.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
KEY = "MIIEowIBAAKCAQEAvTq1d5p5XAMPLEKEYMATERIALthatMUSTnotLEAVE"
SECRETS = (TOKEN, KEY, "hunter2-of-etcd", "s3cr3t-bearer-0123456789", "an0ther-conflist-token", "proxyPassw0rd")
LEAKY_LOG = f"""\
2026-11-23T10:00:00.000000001Z Running as a Kubernetes pod
2026-11-23T10:00:00.000000002Z Using CNI config template from CNI_NETWORK_CONFIG environment variable.
2026-11-23T10:00:00.000000003Z   "policy": {{"type": "k8s", "k8s_auth_token": "an0ther-conflist-token"}},
2026-11-23T10:00:00.000000004Z     token: {TOKEN}
2026-11-23T10:00:00.000000005Z request headers: Authorization: Bearer s3cr3t-bearer-0123456789
2026-11-23T10:00:00.000000006Z HTTPS_PROXY=https://calico:proxyPassw0rd@proxy.example.net:3128
2026-11-23T10:00:00.000000007Z -----BEGIN RSA PRIVATE KEY-----
2026-11-23T10:00:00.000000008Z {KEY}
2026-11-23T10:00:00.000000009Z -----END RSA PRIVATE KEY-----
2026-11-23T10:00:00.000000010Z [FATAL][1] cni-installer/<nil> <nil>: found no writeable directory, exiting
"""


def with_a_password(node: dict[str, Any]) -> None:
    """As people leave them in annotations."""
    node["metadata"]["annotations"]["etcd-password"] = "hunter2-of-etcd"


def unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


async def test_secrets_in_logs_objects_and_audit_lines_never_enter_the_file(tmp_path: Path) -> None:
    async with still("selinux-denial") as lab:
        lab.faults.respond(200, r"/pods/.*/log", body=LEAKY_LOG.encode())
        lab.world.store.modify(NODES, "", "worker-01", with_a_password)
        state = tmp_path / "state"
        state.mkdir()
        lines = [
            {"event": "dry-run", "context": "kubernetes-admin@lab", "token": TOKEN},
            {"event": "other", "context": "elsewhere", "object": "not of this cluster"},
        ]
        (state / "audit.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        found = await collected(lab, tmp_path)
    data = unpacked(found.saved.path)
    assert [secret for secret in SECRETS if secret.encode() in data] == []
    assert b"hunter2-of-etcd" not in data
    assert b"found no writeable directory" in data
    assert b"[redacted: JSON web token, " in data
    assert b'"event": "dry-run"' in data
    assert b"not of this cluster" not in data
    with tarfile.open(found.saved.path) as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest is not None
        redactions = json.load(manifest)["redactions"]
    assert sum(one["count"] for one in redactions) == found.saved.hidden
    assert {one["what"] for one in redactions} >= {"private key", "bearer token", "credentials in a URL"}
    assert any(one["source"].startswith("kubectl -n kube-system logs ") for one in redactions)


async def test_what_could_not_be_read_is_told_and_judged_as_it_was_live(tmp_path: Path) -> None:
    async with still("selinux-denial") as lab:
        lab.ssh.down("worker-02")
        lab.faults.forbid("kubernetes-admin", "list", "events")
        lab.faults.forbid("kubernetes-admin", "get", "namespaces")
        found = await collected(lab, tmp_path)
    assert as_data(found.saved.diagnosis) == as_data(found.live)
    told = "\n".join(found.saved.unavailable)
    assert "worker-02" in told
    assert "events" in told
    assert "namespace kube-system" in told
    recording = read_bundle(found.saved.path)
    failed = {(piece.kind, piece.key[0]) for piece in recording.pieces if piece.failure is not None}
    assert {("node", "worker-02"), ("events", "kube-system"), ("object", "namespaces")} <= failed


async def test_without_access_to_nodes_the_case_says_so_and_asks_none(tmp_path: Path) -> None:
    async with still("selinux-denial") as lab:
        found = await collected(lab, tmp_path, node_access="none")
    assert as_data(found.saved.diagnosis) == as_data(found.live)
    recording = read_bundle(found.saved.path)
    assert recording.node_access == "none"
    assert not [piece for piece in recording.pieces if piece.kind in ("command", "node")]
    assert found.opened().shell is None


@pytest.mark.parametrize("resource", ["nodes", "daemonsets"])
async def test_a_list_that_was_refused_is_not_taken_for_an_empty_one(resource: str, tmp_path: Path) -> None:
    async with still("selinux-denial") as lab:
        lab.faults.forbid("kubernetes-admin", "*", resource)
        found = await collected(lab, tmp_path)
    assert found.live.unavailable
    assert claims(found.saved.diagnosis) == claims(found.live)
    assert set(found.saved.diagnosis.unavailable) == set(found.live.unavailable)


async def test_pods_that_may_not_be_listed_leave_a_case_that_is_undetermined(tmp_path: Path) -> None:
    async with still("selinux-denial") as lab:
        found = await collected(lab, tmp_path, kubeconfig=(lab.kubeconfig_of("nobody"),))
    assert found.live.status == found.saved.diagnosis.status == "undetermined"
    assert any("list pods" in words for words in found.saved.unavailable)


async def test_a_server_that_is_gone_leaves_no_file(tmp_path: Path) -> None:
    async with still("selinux-denial") as lab, connected(lab, tmp_path) as (opened, _):
        state = await sitting(opened, WAIT)
        await lab.stop_api()
        with pytest.raises(ClusterUnreachable):
            await save_case(opened, state, tmp_path / "case.tar.gz")
    assert not list(tmp_path.glob("*.gz"))


async def test_an_existing_file_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "case.tar.gz"
    path.write_text("mine")
    async with still("healthy") as lab, connected(lab, tmp_path) as (opened, _):
        state = await sitting(opened, WAIT)
        with pytest.raises(StateError, match="exists already"):
            await save_case(opened, state, path)
        assert path.read_text() == "mine"
        await save_case(opened, state, path, overwrite=True)
    assert read_bundle(path).context == "kubernetes-admin@lab"
    assert path.stat().st_mode & 0o777 == 0o600


async def test_more_failing_nodes_than_the_bound_are_counted(tmp_path: Path) -> None:
    async with still("selinux-denial", nodes=6) as lab:
        found = await collected(lab, tmp_path, bounds=Bounds(nodes=2), node_access="none")
    left = len(found.state.failing) - 2
    assert f"logs, events and commands of {left} more nodes (at most 2 are kept)" in found.saved.unavailable
    state = await sitting(found.opened(), WAIT)
    unread = [pod.node for pod in state.failing if state.case.value(AttemptLogs, pod.node) is None]
    assert len(unread) == left


async def test_a_case_of_a_case_is_the_same_case(tmp_path: Path) -> None:
    async with still("disk-full") as lab:
        found = await collected(lab, tmp_path)
    opened = found.opened()
    copy = await save_case(opened, await sitting(opened, WAIT), tmp_path / "copy.tar.gz")
    assert as_data(copy.diagnosis) == as_data(found.live)
    first, second = read_bundle(found.saved.path), read_bundle(copy.path)
    assert [(piece.kind, piece.key, piece.data, piece.errors) for piece in second.pieces] == [
        (piece.kind, piece.key, piece.data, piece.errors) for piece in first.pieces
    ]
