"""The API server: reading, watching, writing, refusing - by plain HTTPS."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from cnitui.lab.lab import Lab
from cnitui.lab.objects.resources import DAEMON_SETS
from tests.lab.conftest import Api
from tests.lab.kubelet.test_kubelet import DAEMON_SET, PATCH, pod_of, security

PODS = "/api/v1/namespaces/kube-system/pods"


async def line(stream: aiohttp.ClientResponse) -> Any:
    """The next event of a watch."""
    async with asyncio.timeout(5):
        return json.loads(await stream.content.readline())


# --- who and what ----------------------------------------------------------------------------------------------------


async def test_without_credentials_nothing_is_answered(lab: Lab, api: Api) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        async with api.session.get(lab.api_url + PODS, headers=headers) as answer:
            status = await answer.json()
            assert (answer.status, status["reason"], status["kind"]) == (401, "Unauthorized", "Status")


async def test_a_refusal_names_user_verb_and_resource(api: Api) -> None:
    status = await api.as_user("viewer").call("GET", "/api/v1/nodes")
    assert (
        status["message"]
        == 'nodes is forbidden: User "viewer" cannot list resource "nodes" in API group "" at the cluster scope'
    )
    status = await api.as_user("nobody").call("DELETE", f"{PODS}/x")
    assert (status["_code"], status["reason"], status["details"]) == (403, "Forbidden", {"kind": "pods", "name": "x"})
    assert (await api.as_user("viewer").call("GET", PODS))["_code"] == 200


async def test_logs_are_a_right_of_their_own(lab: Lab, api: Api) -> None:
    name = pod_of(lab, "worker-01")["metadata"]["name"]
    path = f"{PODS}/{name}/log"
    assert "FATAL" in await api.as_user("viewer").call("GET", path, container="install-cni", previous="true")
    assert (await api.as_user("no-logs").call("GET", path, container="install-cni"))["_code"] == 403


async def test_reviews_answer_what_the_authorizer_would(api: Api) -> None:
    async def may(user: str, verb: str, resource: str, group: str = "") -> bool:
        spec = {"resourceAttributes": {"verb": verb, "resource": resource, "group": group, "namespace": "kube-system"}}
        review = await api.as_user(user).call(
            "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {"spec": spec}
        )
        assert review["_code"] == 201
        return bool(review["status"]["allowed"])

    assert await may("token-admin", "patch", "daemonsets", "apps")
    assert not await may("viewer", "patch", "daemonsets", "apps")
    assert await may("viewer", "get", "pods")
    assert not await may("nobody", "get", "pods")


async def test_an_unknown_object_and_an_unknown_path_are_both_not_found(api: Api) -> None:
    status = await api.call("GET", f"{PODS}/missing")
    assert (status["_code"], status["message"]) == (404, 'pods "missing" not found')
    status = await api.call("GET", "/apis/apps/v1/installations")
    assert (status["_code"], status["message"]) == (404, "the server could not find the requested resource")
    async with api.open("GET", "/apis/operator.tigera.io/v1/installations") as answer:
        assert (answer.status, await answer.text()) == (404, "404 page not found\n")
    status = await api.as_user("nobody").call("GET", "/apis/operator.tigera.io/v1/installations")
    assert status["message"].startswith('installations.operator.tigera.io is forbidden: User "nobody" cannot list')


async def test_discovery_agrees_with_itself(api: Api) -> None:
    groups = await api.call("GET", "/apis")
    for group in groups["groups"]:
        version = group["preferredVersion"]["groupVersion"]
        listed = await api.call("GET", f"/apis/{version}")
        assert listed["groupVersion"] == version
        assert listed["resources"]
        assert (await api.call("GET", f"/openapi/v3/apis/{version}"))["paths"] is not None
    core = {r["name"] for r in (await api.call("GET", "/api/v1"))["resources"]}
    assert {"pods", "pods/log", "nodes", "events"} <= core


# --- lists -----------------------------------------------------------------------------------------------------------


async def test_pages_cover_a_list_once(api: Api) -> None:
    whole = [pod["metadata"]["name"] for pod in (await api.call("GET", PODS))["items"]]
    names: list[str] = []
    token = ""
    while True:
        page = await api.call("GET", PODS, limit="4", **({"continue": token} if token else {}))
        names += [pod["metadata"]["name"] for pod in page["items"]]
        assert len(page["items"]) <= 4
        token = page["metadata"].get("continue", "")
        if not token:
            break
        assert page["metadata"]["remainingItemCount"] == len(whole) - len(names)
    assert names == whole


async def test_a_forgotten_page_is_gone(lab: Lab, api: Api) -> None:
    page = await api.call("GET", PODS, limit="2")
    lab.faults.expire_watches()
    gone = await api.call("GET", PODS, limit="2", **{"continue": page["metadata"]["continue"]})
    assert (gone["_code"], gone["reason"]) == (410, "Expired")


@pytest.mark.parametrize(
    ("selector", "count"),
    [
        ({"labelSelector": "k8s-app=calico-node"}, 3),
        ({"labelSelector": "k8s-app in (calico-node, canal),pod-template-generation"}, 3),
        ({"labelSelector": "k8s-app!=calico-node,!tier"}, 6),
        ({"fieldSelector": "spec.nodeName=worker-01"}, 2),
        ({"fieldSelector": "spec.nodeName!=master-01,status.phase!=Running"}, 2),
        ({"fieldSelector": "metadata.name=nothing"}, 0),
    ],
)
async def test_selectors_choose(api: Api, selector: dict[str, str], count: int) -> None:
    assert len((await api.call("GET", PODS, **selector))["items"]) == count


async def test_an_unsupported_field_is_a_bad_request(api: Api) -> None:
    status = await api.call("GET", PODS, fieldSelector="spec.color=red")
    assert (status["_code"], status["message"]) == (400, "field label not supported: spec.color")


async def test_a_table_has_kubectls_columns(api: Api) -> None:
    headers = {
        "Authorization": f"Bearer {api.user.token}",
        "Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
    }
    async with api.session.get(api.lab.api_url + PODS, headers=headers) as answer:
        table = await answer.json()
    assert [c["name"] for c in table["columnDefinitions"]][:5] == ["Name", "Ready", "Status", "Restarts", "Age"]
    assert table["rows"][1]["object"]["kind"] == "PartialObjectMetadata"


# --- watches ---------------------------------------------------------------------------------------------------------


async def test_a_watch_goes_on_where_the_list_ended(lab: Lab, api: Api) -> None:
    version = (await api.call("GET", PODS))["metadata"]["resourceVersion"]
    name = pod_of(lab, "worker-01")["metadata"]["name"]
    await api.call("DELETE", f"{PODS}/{name}")
    async with api.open("GET", PODS, watch="1", resourceVersion=version, labelSelector="k8s-app=calico-node") as stream:
        kinds = []
        while "DELETED" not in kinds or "ADDED" not in kinds:
            event = await line(stream)
            kinds.append(event["type"])
            assert int(event["object"]["metadata"]["resourceVersion"]) > int(version)


async def test_a_watch_from_nothing_begins_with_everything(api: Api) -> None:
    async with api.open("GET", "/api/v1/nodes", watch="1") as stream:
        assert [(await line(stream))["type"] for _ in range(3)] == ["ADDED"] * 3


async def test_an_object_leaving_the_selection_is_deleted_for_its_watcher(api: Api) -> None:
    await api.call("PATCH", "/api/v1/nodes/worker-01", {"metadata": {"labels": {"pool": "a"}}}, PATCH)
    version = (await api.call("GET", "/api/v1/nodes"))["metadata"]["resourceVersion"]
    async with api.open("GET", "/api/v1/nodes", watch="1", resourceVersion=version, labelSelector="pool=a") as stream:
        await api.call("PATCH", "/api/v1/nodes/worker-01", {"metadata": {"labels": {"pool": "b"}}}, PATCH)
        assert (await line(stream))["type"] == "DELETED"


async def test_a_watch_ends_at_its_timeout_with_a_bookmark(api: Api) -> None:
    async with api.open(
        "GET",
        "/api/v1/namespaces",
        watch="1",
        timeoutSeconds="1",
        allowWatchBookmarks="true",
        resourceVersion=str(api.lab.world.store.version),
    ) as stream:
        event = await line(stream)
        assert (event["type"], event["object"]["kind"]) == ("BOOKMARK", "Namespace")
        assert event["object"]["metadata"]["resourceVersion"].isdigit()
        assert await stream.content.readline() == b""


async def test_forgotten_history_is_told_to_open_watches_and_to_new_ones(lab: Lab, api: Api) -> None:
    version = str(lab.world.store.version)
    async with api.open("GET", "/api/v1/namespaces", watch="1", resourceVersion=version) as stream:
        lab.faults.expire_watches()
        event = await line(stream)
        assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    async with api.open("GET", "/api/v1/namespaces", watch="1", resourceVersion=version) as stream:
        assert stream.status == 200
        assert (await line(stream))["object"]["code"] == 410


async def test_cut_streams_break_in_the_middle(lab: Lab, api: Api) -> None:
    async with api.open("GET", "/api/v1/namespaces", watch="1", resourceVersion=str(lab.world.store.version)) as stream:
        lab.faults.cut_streams()
        with pytest.raises(aiohttp.ClientError):
            await line(stream)


# --- writes ----------------------------------------------------------------------------------------------------------


async def test_a_dry_run_changes_nothing_and_shows_what_would_be(lab: Lab, api: Api) -> None:
    before = lab.world.store.version
    held = await api.call("GET", DAEMON_SET)
    body = {"spec": {"template": {"spec": security("install-cni", privileged=True)}}}
    shown = await api.call("PATCH", DAEMON_SET, body, PATCH, dryRun="All")
    assert shown["metadata"]["generation"] == held["metadata"]["generation"] + 1
    assert shown["metadata"]["resourceVersion"] == held["metadata"]["resourceVersion"]
    assert shown["spec"]["template"]["spec"]["initContainers"][1]["securityContext"] == {"privileged": True}
    pod = {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    assert (await api.call("POST", PODS, pod, dryRun="All"))["metadata"]["uid"]
    assert (await api.call("DELETE", f"{PODS}/{pod_of(lab, 'worker-01')['metadata']['name']}", dryRun="All"))[
        "_code"
    ] == 200
    assert await api.call("GET", DAEMON_SET) == held
    assert [c.key for c in lab.world.store.since(("daemonsets.apps",), before)] == []
    assert [entry.dry_run for entry in lab.audit] == [True, True, True]


async def test_a_write_against_an_old_version_conflicts(api: Api) -> None:
    body = {"metadata": {"resourceVersion": "1", "labels": {"a": "b"}}}
    status = await api.call("PATCH", DAEMON_SET, body, "application/merge-patch+json")
    assert (status["_code"], status["reason"]) == (409, "Conflict")
    assert status["message"].endswith("please apply your changes to the latest version and try again")


async def test_preconditions_of_a_delete_hold(lab: Lab, api: Api) -> None:
    name = pod_of(lab, "worker-01")["metadata"]["name"]
    status = await api.call("DELETE", f"{PODS}/{name}", {"preconditions": {"uid": "another"}})
    assert (status["_code"], status["reason"]) == (409, "Conflict")
    assert pod_of(lab, "worker-01")["metadata"]["name"] == name


@pytest.mark.parametrize(
    ("patch", "kind", "code"),
    [
        ([{"op": "test", "path": "/metadata/name", "value": "x"}], "application/json-patch+json", 422),
        ({"spec": {"selector": {"matchLabels": {"a": "b"}}}}, PATCH, 422),
        ({"spec": {"template": {"spec": {"initContainers": [{"name": "typo"}]}}}}, PATCH, 422),
        ({"spec": {"template": {"spec": security("install-cni", privileged="yes")}}}, PATCH, 422),
        (
            {"spec": {"template": {"spec": security("install-cni", privileged=True, allowPrivilegeEscalation=False)}}},
            PATCH,
            422,
        ),
        ({}, "application/apply-patch+yaml", 422),
        ({}, "text/plain", 415),
    ],
)
async def test_a_bad_patch_is_refused_and_changes_nothing(api: Api, patch: Any, kind: str, code: int) -> None:
    before = await api.call("GET", DAEMON_SET)
    status = await api.call("PATCH", DAEMON_SET, patch, kind)
    assert (status["_code"], status["kind"]) == (code, "Status")
    assert await api.call("GET", DAEMON_SET) == before


async def test_generation_counts_changes_of_spec_only(lab: Lab, api: Api) -> None:
    first = (await api.call("PATCH", DAEMON_SET, {"metadata": {"labels": {"x": "y"}}}, PATCH))["metadata"]["generation"]
    body = {"spec": {"template": {"spec": security("install-cni", privileged=True)}}}
    second = (await api.call("PATCH", DAEMON_SET, body, PATCH))["metadata"]["generation"]
    third = (await api.call("PATCH", DAEMON_SET, body, PATCH))["metadata"]["generation"]
    assert (first, second, third) == (1, 2, 2)
    await lab.until(
        lambda: lab.world.store.get(DAEMON_SETS, "kube-system", "calico-node")["status"]["observedGeneration"] == 2
    )


async def test_a_name_is_taken_once(api: Api) -> None:
    pod = {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    assert (await api.call("POST", PODS, pod))["_code"] == 201
    status = await api.call("POST", PODS, pod)
    assert (status["_code"], status["reason"], status["message"]) == (409, "AlreadyExists", 'pods "x" already exists')
    assert (await api.call("POST", PODS, pod, dryRun="All"))["_code"] == 409
    assert (await api.call("POST", "/api/v1/namespaces/nowhere/pods", pod))[
        "message"
    ] == 'namespaces "nowhere" not found'


async def test_the_audit_record_names_who_did_what(lab: Lab, api: Api) -> None:
    await api.as_user("viewer").call("DELETE", DAEMON_SET)
    (entry,) = lab.audit
    assert (entry.method, entry.path, entry.user, entry.dry_run, entry.code) == (
        "DELETE",
        DAEMON_SET,
        "viewer",
        False,
        403,
    )


# --- logs ------------------------------------------------------------------------------------------------------------


async def test_log_options_cut_the_text(lab: Lab, api: Api) -> None:
    path = f"{PODS}/{pod_of(lab, 'master-01')['metadata']['name']}/log"
    whole = await api.call("GET", path, container="install-cni")
    lines = whole.splitlines()
    assert (await api.call("GET", path, container="install-cni", tailLines="2")).splitlines() == lines[-2:]
    assert await api.call("GET", path, container="install-cni", limitBytes="50") == whole[:50]
    stamped = (await api.call("GET", path, container="install-cni", timestamps="true")).splitlines()
    assert stamped[0].split(" ", 1)[1] == lines[0]
    assert (
        await api.call("GET", path, container="install-cni", sinceTime=stamped[3].split(" ")[0])
    ).splitlines() == lines[3:]
    assert await api.call("GET", path, container="install-cni", sinceSeconds="5") == ""


async def test_a_followed_log_ends_with_its_attempt(api: Api) -> None:
    async with Lab.start(speed=10) as lab:
        worker = lab.world.worker(pod_of(lab, "worker-01"))
        assert worker is not None
        container = worker.find("install-cni")
        assert container is not None
        await lab.until(lambda: container.state == "running")
        mine = Api(lab, api.session, lab.api.users["token-admin"])
        path = f"{PODS}/{worker.pod['metadata']['name']}/log"
        connector = aiohttp.TCPConnector(ssl=False)
        async with aiohttp.ClientSession(connector=connector) as session:
            mine.session = session
            text = await mine.call("GET", path, container="install-cni", follow="true")
        assert text.count("\n") == 4
        assert container.state != "running"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, 'container "calico-node" in pod "NAME" is waiting to start: PodInitializing'),
        ({"container": "nope"}, "container nope is not valid for pod NAME"),
        ({"container": "calico-node"}, 'container "calico-node" in pod "NAME" is waiting to start: PodInitializing'),
        (
            {"container": "upgrade-ipam", "previous": "true"},
            'previous terminated container "upgrade-ipam" in pod "NAME" not found',
        ),
    ],
)
async def test_a_log_that_is_not_there_is_explained(lab: Lab, api: Api, query: dict[str, str], message: str) -> None:
    name = pod_of(lab, "worker-01")["metadata"]["name"]
    status = await api.call("GET", f"{PODS}/{name}/log", **query)
    assert (status["_code"], status["message"]) == (400, message.replace("NAME", name))


async def test_an_attempt_before_the_last_dead_one_is_gone(lab: Lab, api: Api) -> None:
    worker = lab.world.worker(pod_of(lab, "worker-01"))
    assert worker is not None
    container = worker.find("install-cni")
    assert container is not None
    await lab.until(lambda: container.state == "terminated")
    assert container.last is not None
    text = await api.call(
        "GET", f"{PODS}/{worker.pod['metadata']['name']}/log", container="install-cni", previous="true"
    )
    assert text == f"unable to retrieve container logs for containerd://{container.last.container_id}"


# --- faults ----------------------------------------------------------------------------------------------------------


async def test_answers_can_be_ordered(lab: Lab, api: Api) -> None:
    lab.faults.respond(429, r"/pods", retry_after=3, times=1)
    async with api.open("GET", PODS) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    assert (await api.call("GET", PODS))["_code"] == 200
    lab.faults.respond(200, r"/nodes", body=b"<html>")
    assert await api.call("GET", "/api/v1/nodes") == "<html>"
    lab.faults.clear()
    assert (await api.call("GET", "/api/v1/nodes"))["_code"] == 200


async def test_rights_can_be_taken_and_given_back(lab: Lab, api: Api) -> None:
    lab.faults.forbid("token-admin", "patch", "daemonsets")
    assert (await api.call("PATCH", DAEMON_SET, {}, PATCH))["_code"] == 403
    lab.faults.allow("token-admin")
    assert (await api.call("PATCH", DAEMON_SET, {}, PATCH))["_code"] == 200


async def test_the_server_comes_back_on_its_port_with_its_objects(lab: Lab, api: Api) -> None:
    url = lab.api_url
    await lab.stop_api()
    with pytest.raises(aiohttp.ClientConnectionError):
        await api.call("GET", PODS)
    await lab.start_api()
    assert lab.api_url == url
    assert len((await api.call("GET", PODS))["items"]) == 13


async def test_acting_as_another_takes_his_rights_and_is_itself_a_right(lab: Lab, api: Api) -> None:
    async def nodes(who: str, acting: str) -> Any:
        headers = {"Authorization": f"Bearer {lab.api.users[who].token}", "Impersonate-User": acting}
        async with api.session.get(lab.api_url + "/api/v1/nodes", headers=headers) as answer:
            return answer.status, (await answer.json()).get("message", "")

    assert (await nodes("token-admin", "viewer"))[1].startswith('nodes is forbidden: User "viewer"')
    assert (await nodes("token-admin", "stranger"))[0] == 403
    assert (await nodes("viewer", "kubernetes-admin"))[1] == (
        'users "kubernetes-admin" is forbidden: User "viewer" cannot impersonate resource "users" in API group "" '
        "at the cluster scope"
    )


async def test_pod_security_warns_of_the_patch_and_then_refuses_the_pods(lab: Lab, api: Api) -> None:
    level = "pod-security.kubernetes.io/"
    labels = {level + "enforce": "baseline", level + "warn": "baseline"}
    await api.call("PATCH", "/api/v1/namespaces/kube-system", {"metadata": {"labels": labels}}, PATCH)
    body = json.dumps({"spec": {"template": {"spec": security("install-cni", privileged=True)}}})
    for query in ({"dryRun": "All"}, {}):
        async with api.open("PATCH", DAEMON_SET, body, PATCH, **query) as answer:
            assert answer.status == 200
            warning = answer.headers["Warning"]
            assert warning.startswith(
                '299 - "would violate PodSecurity \\"baseline:latest\\": host namespaces (hostNetwork=true), '
            )
            assert 'privileged (containers \\"upgrade-ipam\\", \\"install-cni\\", ' in warning
    await lab.until(lambda: pod_of(lab, "worker-01") is None)
    await lab.until(lambda: any(e["reason"] == "FailedCreate" for e in lab.world.store.all("events")))
    event = next(e for e in lab.world.store.all("events") if e["reason"] == "FailedCreate")
    assert event["message"].startswith(
        'Error creating: pods "calico-node-" is forbidden: violates PodSecurity "baseline:latest": '
    )


async def test_any_text_can_be_put_into_a_log(lab: Lab, api: Api) -> None:
    hostile = "[/red]\x1b[2J \u202e wide 漢 \udcff"
    path = f"{PODS}/{pod_of(lab, 'worker-01')['metadata']['name']}/log"
    said = hostile.encode("utf-8", "surrogateescape")
    lines: list[bytes] = []
    async with asyncio.timeout(60):
        while said not in lines:  # the container goes on meanwhile: it says more, or another attempt begins
            lab.say("worker-01", "install-cni", hostile)
            async with api.open("GET", path, container="install-cni") as answer:
                lines = (await answer.read()).split(b"\n")


async def test_a_deleted_node_takes_its_daemon_pods_along(lab: Lab, api: Api) -> None:
    assert (await api.call("DELETE", "/api/v1/nodes/worker-01"))["_code"] == 200
    await lab.until(lambda: pod_of(lab, "worker-01") is None)
    await lab.until(
        lambda: lab.world.store.get(DAEMON_SETS, "kube-system", "calico-node")["status"]["desiredNumberScheduled"] == 2
    )
