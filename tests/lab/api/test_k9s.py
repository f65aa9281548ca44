"""What k9s asks while somebody browses, describes, reads logs and looks at YAML: recorded from v0.50."""

from __future__ import annotations

from typing import Any

import pytest

from cnitui.lab.lab import Lab
from tests.lab.conftest import Api

TYPED = "application/vnd.kubernetes.protobuf,application/json"
DISCOVERY = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)
TABLE = (
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
)
MAY_LIST_NAMESPACES = (
    b"k8s\x00\n2\n\x17authorization.k8s.io/v1\x12\x17SelfSubjectAccessReview\x12>"
    b'\n\x10\n\x00\x12\x00\x1a\x00"\x00*\x002\x008\x00B\x00'
    b'\x12 \n\x1e\n\x00\x12\x04list\x1a\x00"\x02v1*\nnamespaces2\x00:\x00'
    b'\x1a\x08\x08\x00\x12\x00\x1a\x00 \x00\x1a\x00"\x00'
)
"""Its first question, before it shows anything but its contexts page."""
PODS = "/api/v1/namespaces/kube-system/pods"


async def asked(api: Api, path: str, accept: str, **query: str) -> Any:
    headers = {"Authorization": f"Bearer {api.user.token}", "Accept": accept}
    async with api.session.get(api.lab.api_url + path, headers=headers, params=query) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


@pytest.mark.parametrize(("user", "allowed"), [("token-admin", True), ("nobody", False)])
async def test_its_first_question_is_answered(lab: Lab, api: Api, user: str, allowed: bool) -> None:
    kind = "application/vnd.kubernetes.protobuf"
    headers = {"Authorization": f"Bearer {lab.api.users[user].token}", "Accept": TYPED, "Content-Type": kind}
    url = f"{lab.api_url}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    async with api.session.post(url, headers=headers, data=MAY_LIST_NAMESPACES) as answer:
        assert answer.status == 201
        assert answer.content_type == "application/json", "what is typed is answered as it may be: in JSON"
        assert (await answer.json())["status"]["allowed"] is allowed


async def test_resources_are_discovered_with_their_short_names_and_verbs(api: Api) -> None:
    found: dict[str, Any] = {}
    for path in ("/api", "/apis"):
        listed = await asked(api, path, DISCOVERY, timeout="32s")
        for group in listed["items"]:
            for version in group["versions"]:
                found |= {one["resource"]: one for one in version["resources"]}
    for name, short in {"nodes": "no", "pods": "po", "daemonsets": "ds", "customresourcedefinitions": "crd"}.items():
        assert short in found[name]["shortNames"]
        assert {"get", "list", "watch"} <= set(found[name]["verbs"])
    assert found["nodes"]["scope"] == "Cluster"
    assert "metrics.k8s.io" not in str(found), "it shows n/a for CPU and memory then"


@pytest.mark.parametrize("path", ["/api/v1/nodes", "/api/v1/pods", "/apis/apps/v1/daemonsets"])
async def test_a_page_is_listed_once_and_then_watched_from_its_version(api: Api, path: str) -> None:
    listed = await asked(api, path, "application/json", limit="500")
    version = listed["metadata"]["resourceVersion"]
    assert "continue" not in listed["metadata"]
    assert all(item["metadata"]["uid"] for item in listed["items"])
    async with api.open("GET", path, watch="true", resourceVersion=version, allowWatchBookmarks="true") as watch:
        assert watch.status == 200


async def test_what_it_has_no_columns_for_comes_as_a_table(api: Api) -> None:
    path = "/apis/crd.projectcalico.org/v1/ippools"
    table = await asked(api, path, TABLE, includeObject="Metadata")
    assert table["kind"] == "Table"
    assert [row["object"]["metadata"]["name"] for row in table["rows"]] == ["default-ipv4-ippool"]
    assert (await asked(api, f"{path}/default-ipv4-ippool", "application/json"))["spec"]["cidr"]


async def test_a_node_is_described_with_its_lease_its_pods_and_its_events(api: Api) -> None:
    node = await asked(api, "/api/v1/nodes/worker-01", TYPED)
    lease = await asked(api, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-01", TYPED)
    assert lease["spec"]["holderIdentity"] == "worker-01"
    living = "spec.nodeName=worker-01,status.phase!=Succeeded,status.phase!=Failed"
    pods = (await asked(api, "/api/v1/pods", TYPED, fieldSelector=living))["items"]
    assert {pod["metadata"]["labels"]["k8s-app"] for pod in pods} == {"calico-node", "kube-proxy"}
    about = "involvedObject.name=worker-01,involvedObject.namespace=,involvedObject.kind=Node"
    for uid in (node["metadata"]["uid"], "worker-01"):
        selector = f"{about},involvedObject.uid={uid}"
        events = await asked(api, "/api/v1/events", TYPED, fieldSelector=selector)
        assert all(event["involvedObject"]["uid"] == uid for event in events["items"])


async def test_logs_of_all_containers_are_followed_at_once_and_those_that_never_ran_say_so(api: Api) -> None:
    (pod,) = await api.pods("worker-01")
    path = f"{PODS}/{pod['metadata']['name']}/log"
    query = {"follow": "true", "tailLines": "100", "timestamps": "true"}
    async with api.open("GET", path, container="upgrade-ipam", **query) as answer:
        assert answer.status == 200
        assert b"migrating from host-local" in await answer.content.readline()
    async with api.open("GET", path, container="calico-node", **query) as answer:
        assert answer.status == 400
        assert "is waiting to start: PodInitializing" in await answer.text()
