"""The three patches, against the table of the specification and against kubectl itself."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnitui.lab.api.errors import ApiError
from cnitui.lab.api.patching import json_patch, merge_patch, strategic_merge
from cnitui.lab.objects.calico import daemon_set
from tests.lab.conftest import need

Json = Any

TARGET: Json = daemon_set(privileged=False)
TARGET["spec"]["template"]["spec"]["imagePullSecrets"] = [{"name": "a"}, {"name": "b"}]
TARGET["metadata"]["finalizers"] = ["x/one", "x/two"]


def at_template(spec: Json) -> Json:
    return {"spec": {"template": {"spec": spec}}}


STRATEGIC: dict[str, Json] = {
    "privileged by name": at_template(
        {"initContainers": [{"name": "install-cni", "securityContext": {"privileged": True}}]}
    ),
    "merges into a security context": at_template(
        {"initContainers": [{"name": "upgrade-ipam", "securityContext": {"seLinuxOptions": {"type": "spc_t"}}}]}
    ),
    "replaces a security context": at_template(
        {"initContainers": [{"name": "upgrade-ipam", "securityContext": {"$patch": "replace", "runAsUser": 0}}]}
    ),
    "deletes by null": at_template({"initContainers": [{"name": "upgrade-ipam", "securityContext": None}]}),
    "deletes an item": at_template({"initContainers": [{"name": "mount-bpffs", "$patch": "delete"}]}),
    "a new item comes first": at_template({"initContainers": [{"name": "instal-cni", "image": "typo"}]}),
    "two new items around a known one": at_template(
        {
            "initContainers": [
                {"name": "a", "image": "a"},
                {"name": "install-cni", "image": "i"},
                {"name": "z", "image": "z"},
            ]
        }
    ),
    "order is set": at_template(
        {
            "$setElementOrder/initContainers": [
                {"name": "mount-bpffs"},
                {"name": "upgrade-ipam"},
                {"name": "install-cni"},
            ],
            "initContainers": [{"name": "mount-bpffs", "image": "b"}],
        }
    ),
    "environment by name": at_template(
        {
            "containers": [
                {"name": "calico-node", "env": [{"name": "IP", "value": "none"}, {"name": "NEW", "value": "1"}]}
            ]
        }
    ),
    "mounts by path": at_template(
        {"containers": [{"name": "calico-node", "volumeMounts": [{"mountPath": "/lib/modules", "name": "other"}]}]}
    ),
    "tolerations are atomic": at_template({"tolerations": [{"operator": "Exists"}]}),
    "a volume keeps only the new source": at_template(
        {"volumes": [{"$retainKeys": ["name", "emptyDir"], "name": "policysync", "emptyDir": {}}]}
    ),
    "strategy with retained keys": {"spec": {"updateStrategy": {"$retainKeys": ["type"], "type": "OnDelete"}}},
    "a list is replaced": at_template({"initContainers": [{"$patch": "replace"}, {"name": "only", "image": "only"}]}),
    "primitive list items go": {"metadata": {"$deleteFromPrimitiveList/finalizers": ["x/one"]}},
    "primitive list items come": {"metadata": {"finalizers": ["x/three"]}},
    "labels merge": {"metadata": {"labels": {"new": "label", "k8s-app": None}}},
    "template replaced as an undo does it": {
        "spec": {"template": {"$patch": "replace", "metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}}}
    },
}
MERGE: dict[str, Json] = {
    "drops the other containers": at_template({"initContainers": [{"name": "install-cni"}]}),
    "null deletes": {"metadata": {"labels": None}},
    "objects merge": {"metadata": {"labels": {"x": "y"}}},
    "an object replaces a string": {"spec": {"template": {"spec": {"dnsPolicy": {"odd": True}}}}},
}
JSON: dict[str, Json] = {
    "add replaces": [
        {"op": "test", "path": "/spec/template/spec/initContainers/1/name", "value": "install-cni"},
        {"op": "add", "path": "/spec/template/spec/initContainers/1/securityContext", "value": {"privileged": True}},
    ],
    "remove": [{"op": "remove", "path": "/spec/template/spec/initContainers/0/securityContext"}],
    "null test of a missing key": [
        {"op": "test", "path": "/spec/template/spec/initContainers/1/securityContext", "value": None},
        {"op": "replace", "path": "/spec/template/spec/dnsPolicy", "value": "Default"},
    ],
    "move": [{"op": "move", "from": "/metadata/labels/k8s-app", "path": "/metadata/labels/app"}],
    "copy": [{"op": "copy", "from": "/metadata/name", "path": "/metadata/labels/name"}],
}


def oracle(kind: str, patch: Json, folder: Path) -> Json:
    """What kubectl makes of it."""
    source = folder / "target.json"
    source.write_text(json.dumps(TARGET))
    command = [
        need("kubectl"),
        "patch",
        "--local",
        "--type",
        kind,
        "-f",
        str(source),
        "-p",
        json.dumps(patch),
        "-o",
        "json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def same(ours: Json, theirs: Json) -> None:
    """kubectl's typed output has zero values that the patch did not ask for; compare what both can hold."""
    assert plain(ours) == plain(theirs)


def plain(value: Json) -> Json:
    if isinstance(value, dict):
        kept = {key: plain(item) for key, item in value.items() if key not in ("status", "creationTimestamp")}
        return {key: item for key, item in kept.items() if item not in ({}, None, [])}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", STRATEGIC)
def test_strategic_merge_does_what_kubectl_does(name: str, tmp_path: Path) -> None:
    same(strategic_merge(TARGET, STRATEGIC[name]), oracle("strategic", STRATEGIC[name], tmp_path))


@pytest.mark.parametrize("name", MERGE)
def test_merge_patch_follows_rfc_7386(name: str, tmp_path: Path) -> None:
    ours = merge_patch(TARGET, MERGE[name])
    if name == "an object replaces a string":  # kubectl refuses the type; the rule itself does not
        assert ours["spec"]["template"]["spec"]["dnsPolicy"] == {"odd": True}
        return
    same(ours, oracle("merge", MERGE[name], tmp_path))


@pytest.mark.parametrize("name", JSON)
def test_json_patch_does_what_kubectl_does(name: str, tmp_path: Path) -> None:
    same(json_patch(json.loads(json.dumps(TARGET)), JSON[name]), oracle("json", JSON[name], tmp_path))


def test_patching_leaves_the_target_alone() -> None:
    before = json.dumps(TARGET)
    strategic_merge(TARGET, STRATEGIC["order is set"])
    merge_patch(TARGET, MERGE["null deletes"])
    assert json.dumps(TARGET) == before


def test_a_failed_test_operation_is_unprocessable() -> None:
    operation = {"op": "test", "path": "/metadata/name", "value": "other"}
    with pytest.raises(ApiError) as caught:
        json_patch(dict(TARGET), [operation])
    assert (caught.value.code, caught.value.reason) == (422, "Invalid")


@pytest.mark.parametrize(
    "patch", [{"op": "add"}, [{"op": "add", "path": "/a/b/c", "value": 1}], [{"op": "nope", "path": "/a"}]]
)
def test_an_impossible_json_patch_is_refused(patch: Json) -> None:
    with pytest.raises(ApiError) as caught:
        json_patch(dict(TARGET), patch)
    assert caught.value.code in (400, 422)


def test_an_item_without_its_merge_key_is_refused() -> None:
    with pytest.raises(ApiError, match="does not contain declared merge key: name"):
        strategic_merge(TARGET, at_template({"initContainers": [{"image": "x"}]}))


def test_replacing_a_security_context_that_is_not_there_changes_nothing() -> None:
    """As seen on a real v1.35.4 API server."""
    patch = at_template(
        {"initContainers": [{"name": "install-cni", "securityContext": {"$patch": "replace", "privileged": True}}]}
    )
    assert strategic_merge(TARGET, patch) == TARGET


NAMES = st.sampled_from(["upgrade-ipam", "install-cni", "mount-bpffs", "extra", "more"])
ITEMS = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES}, optional={"image": st.sampled_from(["x", "y"]), "command": st.just(["run"])}
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda item: item["name"],
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=ITEMS, order=st.none() | st.permutations(["upgrade-ipam", "install-cni", "mount-bpffs"]))
def test_any_list_of_init_containers_merges_as_kubectl_merges_it(items: Json, order: Json, tmp_path: Path) -> None:
    spec: Json = {"initContainers": [{"image": "new", **item} for item in items]}
    if order is not None:
        known = [item["name"] for item in items if item["name"] not in order]
        whole = [*order, *known]
        spec["$setElementOrder/initContainers"] = [{"name": name} for name in whole]
        spec["initContainers"].sort(key=lambda item: whole.index(item["name"]))  # kubectl refuses another order
    same(strategic_merge(TARGET, at_template(spec)), oracle("strategic", at_template(spec), tmp_path))
