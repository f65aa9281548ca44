"""The manifests of docs/rbac: whole, told, and enough for what the plans say they need.

That they are enough for everything else, and not too much, is tried on a real API server: tests/realcluster.
"""

from __future__ import annotations

import pytest
import yaml

from cnitui.domain.node_job import accesses
from cnitui.domain.plan import Access, TestPod
from cnitui.domain.remedies import probe_pod
from tests.rbac import FOLDER, kind, rights_in, text_of

MANIFESTS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
WRITING = {"create", "update", "patch", "delete", "deletecollection"}


def right(access: Access) -> tuple[str, str]:
    resource = f"{access.resource}/{access.subresource}" if access.subresource else access.resource
    return access.verb, kind(access.group, resource)


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_role_is_bound_to_the_group_that_one_puts_in(name: str) -> None:
    documents = list(yaml.safe_load_all(text_of(name, group="sre")))
    roles = {
        (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in documents if "rules" in one
    }
    bindings = [one for one in documents if "roleRef" in one]
    bound = {(one["roleRef"]["kind"], one["metadata"].get("namespace"), one["roleRef"]["name"]) for one in bindings}
    assert roles == bound
    assert all([subject["name"] for subject in one["subjects"]] == ["sre"] for one in bindings)


def test_every_manifest_is_told_of_and_no_other() -> None:
    told = (FOLDER / "README.md").read_text("utf-8")
    assert [name for name in MANIFESTS if f"`{name}.yaml`" not in told] == []


def test_who_looks_and_diagnoses_may_write_nothing_and_read_no_secret() -> None:
    rights = rights_in("view", "diagnose")
    assert not {verb for verb, _ in rights} & WRITING
    assert not {resource for _, resource in rights} & {"secrets", "configmaps", "*"}


def test_what_jobs_and_the_test_pod_ask_for_is_granted() -> None:
    read = rights_in("view", "diagnose")
    jobs = {right(one) for one in accesses("kube-system")}
    assert jobs - read == rights_in("node-access-pod")
    pod = TestPod("kube-system", "cnitui-verify-ab12", "worker-01", "pause")
    assert {right(one) for one in probe_pod.accesses(pod)} - read == {("create", "pods"), ("delete", "pods")}
    assert rights_in("repair") == {
        ("get", "configmaps"),
        ("create", "pods"),
        ("delete", "pods"),
        ("patch", "daemonsets.apps"),
    }
