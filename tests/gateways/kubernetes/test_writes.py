"""Patches, creations, deletions, permissions."""

from __future__ import annotations

import json

import pytest
from aiohttp import web

from cnitui.domain.plan import Access, ObjectRef
from cnitui.errors import Conflict, Forbidden, Invalid, ReadOnly
from cnitui.gateways.kubernetes.cluster import KubernetesCluster
from cnitui.gateways.kubernetes.writes import warnings_of
from tests.gateways.kubernetes.conftest import ApiServer, Clusters, failing

DAEMONSET = ObjectRef("apps", "v1", "daemonsets", "DaemonSet", "calico-node", "kube-system")
PATH = "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"
POD = ObjectRef("", "v1", "pods", "Pod", "probe", "kube-system")
TEST_FAILED = failing(422, "Invalid", "the server rejected our request due to an error in our request")


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("json", "application/json-patch+json"),
        ("merge", "application/merge-patch+json"),
        ("strategic", "application/strategic-merge-patch+json"),
    ],
)
async def test_each_kind_of_patch_has_its_content_type(
    api: ApiServer, cluster: KubernetesCluster, kind: str, content_type: str
) -> None:
    api.answer(PATH, {"kind": "DaemonSet", "spec": {"x": 1}}, method="PATCH")
    body: object = [{"op": "test", "path": "/a", "value": None}] if kind == "json" else {"a": None}
    answer = await cluster.patch(DAEMONSET, kind, body, dry_run=True, manager="someone")  # type: ignore[arg-type]
    assert answer.object == {"kind": "DaemonSet", "spec": {"x": 1}}
    request = api.requests[-1]
    assert request.content_type == content_type
    assert dict(request.query) == {"dryRun": "All", "fieldManager": "someone"}
    assert json.loads(api.bodies[-1]) == body


async def test_a_patch_for_real_asks_for_no_dry_run(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(PATH, {}, method="PATCH")
    await cluster.patch(DAEMONSET, "strategic", {}, dry_run=False)
    assert dict(api.requests[-1].query) == {"fieldManager": "cnitui"}


async def test_warnings_of_admission_are_kept(api: ApiServer, cluster: KubernetesCluster) -> None:
    async def reply(_: web.Request) -> web.StreamResponse:
        headers = {"Warning": '299 - "would violate \\"baseline\\": host, path", 299 - "second"'}
        return web.json_response({}, headers=headers)

    api.answer(PATH, reply, method="PATCH")
    answer = await cluster.patch(DAEMONSET, "merge", {}, dry_run=True)
    assert answer.warnings == ('would violate "baseline": host, path', "second")


def test_a_warning_cannot_bring_control_characters_or_repeat_itself() -> None:
    assert warnings_of(['299 - "red \x1b[31m"', '299 - "red \x1b[31m"', "nonsense"]) == ("red [31m",)


async def test_a_guard_that_no_longer_holds_is_a_conflict(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(PATH, TEST_FAILED, method="PATCH")
    with pytest.raises(Conflict, match="no longer as it was seen"):
        await cluster.patch(DAEMONSET, "json", [{"op": "test", "path": "/a", "value": 1}], dry_run=False)


async def test_a_refusal_by_validation_is_no_conflict(api: ApiServer, cluster: KubernetesCluster) -> None:
    message = 'DaemonSet.apps "calico-node" is invalid: spec.template: Required value'
    causes = [{"field": "spec.template", "message": "Required value", "reason": "FieldValueRequired"}]
    body = {"kind": "Status", "reason": "Invalid", "message": message, "details": {"causes": causes}}

    async def reply(_: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=422)

    api.answer(PATH, reply, method="PATCH")
    with pytest.raises(Invalid, match="Required value"):
        await cluster.patch(DAEMONSET, "json", [], dry_run=True)


async def test_a_strategic_patch_that_is_refused_is_no_conflict(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(PATH, TEST_FAILED, method="PATCH")
    with pytest.raises(Invalid):
        await cluster.patch(DAEMONSET, "strategic", {}, dry_run=True)


async def test_a_write_is_not_repeated_when_the_connection_breaks(api: ApiServer, cluster: KubernetesCluster) -> None:
    async def dropped(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    api.answer(PATH, dropped, method="PATCH")
    with pytest.raises(Exception, match="closed the connection"):
        await cluster.patch(DAEMONSET, "merge", {}, dry_run=False)
    assert len(api.asked(PATH, "PATCH")) == 1


async def test_an_object_is_created_in_its_collection(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer("/api/v1/namespaces/kube-system/pods", {"metadata": {"uid": "u"}}, method="POST")
    answer = await cluster.create(POD, {"kind": "Pod"}, dry_run=True)
    assert answer.object == {"metadata": {"uid": "u"}}
    assert api.requests[-1].query["dryRun"] == "All"


async def test_a_deletion_names_the_uid_it_means(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer("/api/v1/namespaces/kube-system/pods/probe", {}, method="DELETE")
    await cluster.delete(POD, uid="u-1", grace_seconds=0)
    body = json.loads(api.bodies[-1])
    assert body["preconditions"] == {"uid": "u-1"}
    assert body["gracePeriodSeconds"] == 0


@pytest.mark.parametrize(
    "reply",
    [
        failing(404, "NotFound", 'pods "probe" not found'),
        failing(409, "Conflict", "Precondition failed: UID in precondition: u-1, UID in object meta: u-2"),
        failing(409, "Conflict", "the UID in the precondition (u-1) does not match the UID in record (u-2)"),
    ],
)
async def test_deleting_what_is_gone_already_is_no_error(
    api: ApiServer, cluster: KubernetesCluster, reply: web.StreamResponse
) -> None:
    api.answer("/api/v1/namespaces/kube-system/pods/probe", reply, method="DELETE")
    await cluster.delete(POD, uid="u-1")


async def test_other_refusals_to_delete_are_errors(api: ApiServer, cluster: KubernetesCluster) -> None:
    path = "/api/v1/namespaces/kube-system/pods/probe"
    api.answer(path, failing(409, "Conflict", "something else"), failing(403, "Forbidden", "no"), method="DELETE")
    with pytest.raises(Conflict):
        await cluster.delete(POD, uid="u-1")
    with pytest.raises(Forbidden):
        await cluster.delete(POD, uid="u-1")


async def test_a_permission_is_asked_for_exactly(api: ApiServer, cluster: KubernetesCluster) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    api.answer(path, {"status": {"allowed": False, "reason": "because\x07"}}, method="POST")
    access = Access("patch", "apps", "daemonsets", "kube-system", "calico-node")
    permission = await cluster.may(access)
    assert (permission.allowed, permission.reason, permission.access) == (False, "because", access)
    assert json.loads(api.bodies[-1])["spec"]["resourceAttributes"] == {
        "verb": "patch",
        "group": "apps",
        "resource": "daemonsets",
        "namespace": "kube-system",
        "name": "calico-node",
    }


@pytest.mark.parametrize(("readonly", "contexts"), [(True, ()), (False, ("test",))])
async def test_read_only_lets_no_write_out(
    api: ApiServer, clusters: Clusters, readonly: bool, contexts: tuple[str, ...]
) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", readonly=readonly, readonly_contexts=contexts)
    api.answer("/version", {"gitVersion": "v1.31.0"})
    api.answer(PATH, {}, method="PATCH")
    await cluster.connect()
    assert cluster.connection.readonly
    for write in (
        cluster.patch(DAEMONSET, "merge", {}, dry_run=False),
        cluster.create(POD, {}, dry_run=False),
        cluster.delete(POD, uid="u"),
    ):
        with pytest.raises(ReadOnly):
            await write
    assert api.asked(PATH, "PATCH") == []
    await cluster.patch(DAEMONSET, "merge", {}, dry_run=True)
