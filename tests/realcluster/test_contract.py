"""What the lab and a real API server must answer alike: the requests we make, and the semantics we rely on.

Against the lab always; against the real server where one is offered (`make e2e`). The expectations are literal, and are
the real server's (v1.35.4).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cnitui.lab import Lab
from tests.realcluster.conftest import only_in
from tests.realcluster.contract import (
    APPLY,
    MAPS,
    MERGE,
    PATCH,
    PODS,
    PROTOBUF,
    REVIEW,
    SETS,
    STRATEGIC,
    SYSTEM,
    TABLE,
    Server,
    config_map,
    daemon_set,
    pod,
    serving,
    template,
)
from tests.realcluster.refusals import REFUSALS


@pytest.fixture(params=["lab", pytest.param("real", marks=pytest.mark.realcluster)])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """Each of the two, of the same release, with calico-node crash-looping on the workers."""
    if request.param == "lab":
        async with Lab.start(speed=100, seed=1, kubernetes="v1.35.4") as lab, serving("lab", lab.directory) as made:
            yield made
            assert lab.api.crashes == []
        return
    real = request.getfixturevalue("realcluster")
    only_in(request.getfixturevalue("state"), "broken")
    async with serving("real", real.kubeconfigs) as made:
        yield made


# --- refusals --------------------------------------------------------------------------------------------------------


async def test_what_is_refused_is_refused_with_the_same_words(server: Server) -> None:
    await server.create(MAPS, config_map("c"))
    await server.create(PODS, pod("p"))
    await server.create(SETS, daemon_set("d"))
    wanted, told = {}, {}
    for asked, words in REFUSALS:
        name = " ".join(str(part) for part in asked)
        method, path, *rest = asked
        path, _, query = path.partition("?")
        pairs = dict(part.split("=", 1) for part in query.replace("%3D", "=").replace("+", " ").split("&") if part)
        wanted[name], told[name] = words, (await server.call(method, path, *rest, **pairs)).told
    assert told == wanted


async def test_who_may_not_is_told_what_he_may_not(server: Server) -> None:
    async def told(user: str, method: str, path: str) -> tuple[int, str, str]:
        return (await server.call(method, path, user=user)).told

    cannot = 'is forbidden: User "{}" cannot {} resource "{}" in API group "{}"'
    assert await told("viewer", "GET", "/api/v1/nodes") == (
        403, "Forbidden", f"nodes {cannot.format('viewer', 'list', 'nodes', '')} at the cluster scope"
    )  # fmt: skip
    assert await told("no-logs", "GET", f"{PODS}/x/log") == (
        403, "Forbidden", f'pods "x" {cannot.format("no-logs", "get", "pods/log", "")} in the namespace "default"'
    )  # fmt: skip
    assert await told("nobody", "DELETE", f"{SETS}/x") == (
        403, "Forbidden",
        f'daemonsets.apps "x" {cannot.format("nobody", "delete", "daemonsets", "apps")} in the namespace "default"',
    )  # fmt: skip
    assert await told("nobody", "GET", "/metrics") == (
        403, "Forbidden", 'forbidden: User "nobody" cannot get path "/metrics"'
    )  # fmt: skip
    assert await told("token-expired", "GET", PODS) == (401, "Unauthorized", "Unauthorized")


# --- reviews ---------------------------------------------------------------------------------------------------------

BY_PROTOBUF = bytes.fromhex(
    "6b3873000a320a17617574686f72697a6174696f6e2e6b38732e696f2f7631121753656c665375626a656374416363657373526576696577"
    "12430a100a0012001a0022002a0032003800420012250a230a0b6b7562652d73797374656d12036765741a0022002a04706f647332036c6f"
    "673a001a08080012001a0020001a002200"
)
"""`kubectl auth can-i get pods --subresource=log -n kube-system`, as kubectl v1.35.4 posts it."""


@pytest.mark.parametrize(("user", "logs", "nodes"), [("admin", True, True), ("viewer", True, False),
                                                     ("no-logs", False, True), ("nobody", False, False)])  # fmt: skip
async def test_a_review_says_what_a_request_would_find(server: Server, user: str, logs: bool, nodes: bool) -> None:
    spec = {"resourceAttributes": {"verb": "get", "resource": "pods", "subresource": "log", "namespace": "kube-system"}}
    answer = await server.call("POST", REVIEW, {"spec": spec}, user=user)
    assert (answer.code, answer.body["status"]["allowed"]) == (201, logs)
    answer = await server.call("POST", REVIEW, BY_PROTOBUF, PROTOBUF, user=user)
    assert (answer.code, answer.body["status"]["allowed"]) == (201, logs)
    spec = {"resourceAttributes": {"verb": "list", "resource": "nodes"}}
    assert (await server.call("POST", REVIEW, {"spec": spec}, user=user)).body["status"]["allowed"] is nodes
    spec = {"nonResourceAttributes": {"verb": "get", "path": "/metrics"}}
    allowed = (await server.call("POST", REVIEW, {"spec": spec}, user=user)).body["status"]["allowed"]
    assert allowed is (user == "admin")


# --- dry run and patches ---------------------------------------------------------------------------------------------


async def test_a_dry_run_leaves_no_trace(server: Server) -> None:
    await server.create(PODS, pod("p"))
    held = await server.create(SETS, daemon_set("d"))
    async with asyncio.timeout(10):
        while "observedGeneration" not in held["status"]:  # the controller's first word
            held = (await server.call("GET", f"{SETS}/d")).body
    before = (await server.call("GET", f"{PODS}/p")).body
    privileged = template(initContainers=[{"name": "j", "securityContext": {"privileged": True}}])
    shown = await server.call("PATCH", f"{SETS}/d", privileged, STRATEGIC, dryRun="All")
    assert shown.body["metadata"]["generation"] == held["metadata"]["generation"] + 1
    assert shown.body["metadata"]["resourceVersion"] == held["metadata"]["resourceVersion"]
    applied = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "d"}, **privileged}
    same = await server.call("PATCH", f"{SETS}/d", applied, APPLY, dryRun="All", fieldManager="m")
    assert same.body["spec"] == shown.body["spec"]
    made = await server.call("POST", MAPS, config_map("dry"), dryRun="All")
    assert (made.code, "resourceVersion" in made.body["metadata"], bool(made.body["metadata"]["uid"])) == (
        201, False, True
    )  # fmt: skip
    eviction = {"metadata": {"name": "p"}, "deleteOptions": {"dryRun": ["All"]}}
    assert (await server.call("POST", f"{PODS}/p/eviction", eviction)).code == 201
    assert (await server.call("POST", f"{PODS}/p/eviction", {"metadata": {"name": "p"}}, dryRun="All")).code == 201
    assert (await server.call("DELETE", f"{PODS}/p", {"dryRun": ["All"]})).code == 200
    assert (await server.call("DELETE", f"{SETS}/d", dryRun="All")).code == 200
    assert (await server.call("GET", f"{SETS}/d")).body == held
    assert (await server.call("GET", f"{PODS}/p")).body == before
    assert (await server.call("GET", f"{MAPS}/dry")).code == 404


async def test_a_strategic_merge_knows_its_lists(server: Server) -> None:
    await server.create(SETS, daemon_set("d"))

    async def merged(field: str, **fields: Any) -> Any:
        answer = await server.call("PATCH", f"{SETS}/d", template(**fields), STRATEGIC, dryRun="All")
        assert answer.code == 200, answer
        return answer.body["spec"]["template"]["spec"].get(field)

    def names(items: list[Any]) -> list[str]:
        return [item["name"] for item in items]

    inits = await merged("initContainers", initContainers=[{"name": "j", "securityContext": {"privileged": True}}])
    assert [(item["name"], item.get("securityContext")) for item in inits] == [("i", None), ("j", {"privileged": True})]
    assert names(await merged("initContainers", initContainers=[{"name": "n", "image": "n"}])) == ["n", "i", "j"]
    assert names(await merged("initContainers", initContainers=[{"name": "i", "$patch": "delete"}])) == ["j"]
    order = {"$setElementOrder/initContainers": [{"name": "j"}, {"name": "i"}]}
    assert names(await merged("initContainers", **order)) == ["j", "i"]
    replaced = [{"$patch": "replace"}, {"name": "k", "image": "k"}]
    assert names(await merged("initContainers", initContainers=replaced)) == ["k"]
    env = [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]
    (container,) = await merged("containers", containers=[{"name": "c", "env": env}])
    assert [(item["name"], item["value"]) for item in container["env"]] == [("A", "1"), ("B", "3"), ("C", "4")]
    (container,) = await merged("containers", containers=[{"name": "c", "ports": [{"containerPort": 80, "name": "w"}]}])
    assert container["ports"] == [{"name": "w", "containerPort": 80, "protocol": "TCP"}]
    mounts = [{"mountPath": "/v", "name": "v", "readOnly": True}]
    (container,) = await merged("containers", containers=[{"name": "c", "volumeMounts": mounts}])
    assert container["volumeMounts"] == mounts
    assert await merged("volumes", volumes=[{"name": "v", "$retainKeys": ["name", "emptyDir"], "emptyDir": {}}]) == [
        {"name": "v", "emptyDir": {}}
    ]
    assert await merged("tolerations", tolerations=[{"key": "x", "operator": "Exists"}]) == [
        {"key": "x", "operator": "Exists"}
    ]
    assert await merged("nodeSelector", nodeSelector={"$patch": "replace", "x": "y"}) == {"x": "y"}


async def test_a_json_patch_guards_and_is_lenient_where_the_server_is(server: Server) -> None:
    await server.create(MAPS, config_map("c"))
    guard = [{"op": "test", "path": "/data/no", "value": None}, {"op": "add", "path": "/data/no", "value": "1"}]
    assert (await server.call("PATCH", f"{MAPS}/c", guard, PATCH)).body["data"] == {"k": "v", "no": "1"}
    assert (await server.call("PATCH", f"{MAPS}/c", guard, PATCH)).code == 422
    missing = [{"op": "replace", "path": "/data/new", "value": "2"}, {"op": "remove", "path": "/data/no"}]
    assert (await server.call("PATCH", f"{MAPS}/c", missing, PATCH)).body["data"] == {"k": "v", "new": "2"}


async def test_server_side_apply_tells_conflicts_and_takes_back(server: Server) -> None:
    server.made.append(f"{MAPS}/s")

    async def apply(manager: str, data: dict[str, str], **query: str) -> Any:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s"}, "data": data}
        return await server.call("PATCH", f"{MAPS}/s", body, APPLY, fieldManager=manager, **query)

    def owned(body: Any) -> list[tuple[str, str, list[str]]]:
        entries = body["metadata"]["managedFields"]
        return [(one["manager"], one["operation"], sorted(one["fieldsV1"]["f:data"])) for one in entries]

    made = await apply("one", {"a": "1", "b": "2"})
    assert (made.code, owned(made.body)) == (201, [("one", "Apply", ["f:a", "f:b"])])
    refused = await apply("two", {"a": "9", "b": "9", "c": "3"})
    assert refused.told == (
        409, "Conflict", 'Apply failed with 2 conflicts: conflicts with "one":\n- .data.a\n- .data.b'
    )  # fmt: skip
    assert refused.body["details"]["causes"][0] == {
        "reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".data.a"
    }  # fmt: skip
    forced = await apply("two", {"a": "9"}, force="true")
    assert forced.body["data"] == {"a": "9", "b": "2"}
    assert owned(forced.body) == [("one", "Apply", ["f:b"]), ("two", "Apply", ["f:a"])]
    await server.call("PATCH", f"{MAPS}/s", {"data": {"u": "1"}}, MERGE, fieldManager="three")
    assert (await apply("two", {"a": "9", "u": "2"})).told[2] == (
        'Apply failed with 1 conflict: conflict with "three" using v1: .data.u'
    )
    left = await apply("two", {})
    assert left.body["data"] == {"b": "2", "u": "1"}


# --- lists and watches -----------------------------------------------------------------------------------------------


async def test_selectors_choose_the_same(server: Server) -> None:
    for name, labels in (("s1", {"a": "b", "n": "5"}), ("s2", {"a": "c"}), ("s3", {"d": ""}), ("s4", {"a": "b"})):
        await server.create(MAPS, config_map(name, t="sel", **labels))

    async def names(text: str) -> str:
        found = await server.call("GET", MAPS, labelSelector=f"t=sel,{text}")
        return " ".join(item["metadata"]["name"][1:] for item in found.body["items"])

    selectors = {
        "a=b": "1 4", "a==b": "1 4", "a!=b": "2 3", "a": "1 2 4", "!a": "3", "a in (b, c)": "1 2 4",
        "a notin (b)": "2 3", "d=": "3", "d in ()": "3", "n>4": "1", "n<5": "", "a in (b),n": "1", "a=b,a=c": "",
    }  # fmt: skip
    assert {text: await names(text) for text in selectors} == selectors
    by_name = await server.call("GET", MAPS, fieldSelector="metadata.name=s2,metadata.namespace!=x")
    assert [item["metadata"]["name"] for item in by_name.body["items"]] == ["s2"]


async def test_pages_show_one_moment(server: Server) -> None:
    for name in ("m1", "m2", "m4"):
        await server.create(MAPS, config_map(name, t="page"))
    first = await server.call("GET", MAPS, limit="2", labelSelector="t=page")
    token = first.body["metadata"]["continue"]
    assert "remainingItemCount" not in first.body["metadata"]  # not with a selector
    await server.create(MAPS, config_map("m3", t="page"))
    rest = await server.call("GET", MAPS, limit="2", labelSelector="t=page", **{"continue": token})
    names = [item["metadata"]["name"] for page in (first, rest) for item in page.body["items"]]
    assert names == ["m1", "m2", "m4"]
    assert rest.body["metadata"] == {"resourceVersion": first.body["metadata"]["resourceVersion"]}
    version = {"resourceVersion": first.body["metadata"]["resourceVersion"], "resourceVersionMatch": "Exact"}
    exact = await server.call("GET", MAPS, labelSelector="t=page", **version)
    assert [item["metadata"]["name"] for item in exact.body["items"]] == ["m1", "m2", "m4"]
    counted = (await server.call("GET", MAPS, limit="1")).body
    assert counted["metadata"]["remainingItemCount"] == len((await server.call("GET", MAPS)).body["items"]) - 1
    future = await server.call("GET", MAPS, resourceVersion="999999999")
    assert future.told[:2] == (504, "Timeout")
    assert future.told[2].startswith("Timeout: Too large resource version: 999999999, current: ")
    assert (future.headers["Retry-After"], future.body["details"]["causes"][0]["reason"]) == (
        "1", "ResourceVersionTooLarge"
    )  # fmt: skip


async def events(server: Server, path: str, **query: str) -> list[Any]:
    """Everything that a watch of a second says."""
    async with server.open("GET", path, watch="1", timeoutSeconds="1", **query) as stream:
        return [json.loads(line) async for line in stream.content]


async def test_a_watch_that_lists_ends_its_list_with_a_bookmark(server: Server) -> None:
    await server.create(MAPS, config_map("w", t="watch"))
    query = {"labelSelector": "t=watch", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    told = await events(server, MAPS, sendInitialEvents="true", **query)
    assert [event["type"] for event in told[:2]] == ["ADDED", "BOOKMARK"]
    meta = told[1]["object"]["metadata"]
    assert (told[1]["object"]["kind"], meta["annotations"]) == ("ConfigMap", {"k8s.io/initial-events-end": "true"})
    assert int(meta["resourceVersion"]) >= int(told[0]["object"]["metadata"]["resourceVersion"])
    told = await events(server, MAPS, sendInitialEvents="false", **query)
    assert [event["type"] for event in told if event["type"] != "BOOKMARK"] == []


async def test_a_watch_goes_on_from_a_version_and_sees_the_selection(server: Server) -> None:
    made = await server.create(MAPS, config_map("w", t="watch"))
    version = made["metadata"]["resourceVersion"]
    for labels in ({"t": "watch", "x": "y"}, {"t": "no"}, {"t": "watch"}):
        await server.call("PATCH", f"{MAPS}/w", {"metadata": {"labels": labels}}, MERGE)
    await server.call("DELETE", f"{MAPS}/w")
    told = await events(server, MAPS, labelSelector="t=watch", resourceVersion=version)
    assert [event["type"] for event in told] == ["MODIFIED", "DELETED", "ADDED", "DELETED"]
    told = await events(server, f"{MAPS}", fieldSelector="metadata.name=w", resourceVersion=version)
    assert [event["type"] for event in told] == ["MODIFIED", "MODIFIED", "MODIFIED", "DELETED"]


async def test_forgotten_history_is_gone(server: Server) -> None:
    pools = "/apis/crd.projectcalico.org/v1/ippools"
    (told,) = await events(server, pools, resourceVersion="1")
    assert (told["type"], told["object"]["code"], told["object"]["reason"]) == ("ERROR", 410, "Expired")
    assert told["object"]["message"].startswith("too old resource version: 1 (")


# --- tables ----------------------------------------------------------------------------------------------------------

TABLES = {
    "/api/v1/pods": "Name Ready Status Restarts Age IP+ Node+ Nominated_Node+ Readiness_Gates+",
    "/api/v1/nodes": "Name Status Roles Age Version Internal-IP+ External-IP+ OS-Image+ Kernel-Version+ "
    "Container-Runtime+",
    "/api/v1/namespaces": "Name Status Age",
    "/api/v1/events": "Last_Seen Type Reason Object Subobject+ Source+ Message First_Seen+ Count+ Name+",
    "/api/v1/services": "Name Type Cluster-IP External-IP Port(s) Age Selector+",
    "/api/v1/configmaps": "Name Data Age",
    "/api/v1/secrets": "Name Type Data Age",
    "/apis/apps/v1/daemonsets": "Name Desired# Current# Ready# Up-to-date# Available# Node_Selector Age Containers+ "
    "Images+ Selector+",
    "/apis/apps/v1/deployments": "Name Ready Up-to-date Available Age Containers+ Images+ Selector+",
    "/apis/apps/v1/replicasets": "Name Desired# Current# Ready# Age Containers+ Images+ Selector+",
    "/apis/apps/v1/controllerrevisions": "Name Controller Revision Age",
    "/apis/batch/v1/jobs": "Name Status Completions Duration Age Containers+ Images+ Selector+",
    "/apis/coordination.k8s.io/v1/leases": "Name Holder Age",
    "/apis/discovery.k8s.io/v1/endpointslices": "Name AddressType Ports Endpoints Age",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles": "Name Created_At@",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings": "Name Role Age Users+ Groups+ ServiceAccounts+",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions": "Name Created_At@",
    "/apis/crd.projectcalico.org/v1/ippools": "Name Age@",
}
"""Names in order; `#` integer, `@` date, `+` wide."""


async def test_tables_have_the_same_columns(server: Server) -> None:
    def column(one: Any) -> str:
        assert one["format"] == ("name" if one["name"] == "Name" else "")
        mark = {"integer": "#", "date": "@", "string": ""}[one["type"]]
        return f"{one['name'].replace(' ', '_')}{mark}{'+' * one['priority']}"

    told = {}
    for path in TABLES:
        answer = await server.call("GET", path, accept=TABLE, limit="1")
        told[path] = " ".join(map(column, answer.body["columnDefinitions"]))
    assert told == TABLES


def status(**state: Any) -> dict[str, Any]:
    """Of a pod whose second init container is in `state` and failed long ago."""
    common = {"image": "i", "imageID": ""}
    ended = {"terminated": {"exitCode": 0, "reason": "Completed"}}
    failed = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2020-01-01T00:00:00Z"}}
    waiting = {"waiting": {"reason": "PodInitializing"}}
    inits = [
        {"name": "i", "ready": True, "restartCount": 0, "state": ended, **common},
        {"name": "j", "ready": False, "restartCount": 4, "state": state, "lastState": failed, **common},
    ]
    main = {"name": "c", "ready": False, "restartCount": 0, "state": waiting, **common}
    return {"status": {"phase": "Pending", "initContainerStatuses": inits, "containerStatuses": [main]}}


async def test_a_failing_pods_row_has_the_same_cells(server: Server) -> None:
    await server.create(PODS, pod("p"))
    rows = {}
    for word, state in (
        ("Init:CrashLoopBackOff", {"waiting": {"reason": "CrashLoopBackOff"}}),
        ("Init:Error", {"terminated": {"exitCode": 1, "reason": "Error"}}),
        ("Init:ExitCode:3", {"terminated": {"exitCode": 3}}),
        ("Init:Signal:9", {"terminated": {"exitCode": 137, "signal": 9}}),
        ("Init:1/2", {"running": {}}),
    ):
        await server.call("PATCH", f"{PODS}/p/status", status(**state), MERGE)
        table = (await server.call("GET", f"{PODS}/p", accept=TABLE, includeObject="None")).body
        assert table["rows"][0]["object"] is None
        rows[word] = table["rows"][0]["cells"]
    for word, cells in rows.items():
        assert cells[:3] == ["p", "0/1", word]
        assert cells[3].startswith("4 (6y")
        assert cells[5:] == ["<none>"] * 4


async def test_a_daemon_sets_row_has_the_same_cells(server: Server) -> None:
    await server.create(SETS, daemon_set("d"))
    (row,) = (await server.call("GET", f"{SETS}/d", accept=TABLE)).body["rows"]
    assert row["cells"][:7] + row["cells"][8:] == ["d", 0, 0, 0, 0, 0, "no=where", "c", "c", "a=b"]
    assert row["object"]["kind"] == "PartialObjectMetadata"


# --- logs ------------------------------------------------------------------------------------------------------------


async def test_log_options_mean_the_same(server: Server) -> None:
    pods = await server.call("GET", f"{SYSTEM}/pods", labelSelector="k8s-app=calico-node")
    name = next(one["metadata"]["name"] for one in pods.body["items"] if one["spec"]["nodeName"] == "master-01")

    async def log(**query: str) -> str:
        answer = await server.call("GET", f"{SYSTEM}/pods/{name}/log", container="install-cni", **query)
        assert (answer.code, answer.headers["Content-Type"]) == (200, "text/plain")
        return str(answer.body)

    whole = await log()
    lines = whole.splitlines(keepends=True)
    assert len(lines) > 3
    assert await log(tailLines="2") == "".join(lines[-2:])
    assert await log(tailLines="0") == ""
    assert await log(limitBytes="20") == whole[:20]
    stamped = (await log(timestamps="true")).splitlines(keepends=True)
    assert [line.partition(" ")[2] for line in stamped] == lines
    assert await log(sinceSeconds="1", follow="true") == ""  # it ended long ago, so following it ends at once
    gone = await server.call("GET", f"{SYSTEM}/pods/{name}/log", container="install-cni", previous="true")
    assert gone.told == (
        400, "BadRequest", f'previous terminated container "install-cni" in pod "{name}" not found'
    )  # fmt: skip


# --- too many requests -----------------------------------------------------------------------------------------------


async def test_too_many_requests_is_a_page_with_a_time_to_wait(server: Server) -> None:
    """The real server is given a priority level without a seat; the lab has its fault."""
    if server.name == "lab":
        async with Lab.start(speed=100) as lab, serving("lab", lab.directory) as made:
            lab.faults.respond(429, "/pods")
            answer = await made.call("GET", PODS)
    else:
        answer = await _starved(server)
    assert (answer.code, answer.headers["Retry-After"], answer.body) == (
        429, "1", "Too many requests, please try again later.\n"
    )  # fmt: skip


async def _starved(server: Server) -> Any:
    group = "/apis/flowcontrol.apiserver.k8s.io/v1"
    limited = {"nominalConcurrencyShares": 0, "lendablePercent": 0, "limitResponse": {"type": "Reject"}}
    await server.create(
        f"{group}/prioritylevelconfigurations",
        {
            "metadata": {"name": "contract"},
            "spec": {"type": "Limited", "limited": limited | {"borrowingLimitPercent": 0}},
        },
    )
    rules = {
        "subjects": [{"kind": "User", "user": {"name": "nobody"}}],
        "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"]}],
    }
    level = {"priorityLevelConfiguration": {"name": "contract"}, "matchingPrecedence": 2, "rules": [rules]}
    await server.create(f"{group}/flowschemas", {"metadata": {"name": "contract"}, "spec": level})
    async with asyncio.timeout(20):
        while True:  # one request at a time is let through even so
            answers = await asyncio.gather(*(server.call("GET", PODS, user="nobody") for _ in range(30)))
            for answer in answers:
                if answer.code == 429:
                    return answer
