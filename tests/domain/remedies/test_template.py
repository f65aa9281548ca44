"""Setting one field of a container by a guarded patch, and taking exactly that back."""

from __future__ import annotations

import copy
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnitui.domain.remedies.template import (
    Missing,
    Setting,
    broken_guards,
    current,
    locate,
    patch_command,
    resolve,
    reverting_change,
    setting_change,
    with_setting,
)

PRIVILEGED = Setting("install-cni", ("privileged",), value=True)
SPC = Setting("install-cni", ("seLinuxOptions", "type"), value="spc_t")
AT = "/spec/template/spec/initContainers/1"


def daemonset(security: object = None, before: int = 1, kind: str = "initContainers") -> dict[str, Any]:
    container: dict[str, object] = {"name": "install-cni", "image": "x"}
    if security is not None:
        container["securityContext"] = security
    listed = [{"name": f"other-{i}"} for i in range(before)] + [container]
    return {
        "metadata": {"name": "calico-node", "namespace": "kube-system", "generation": 7, "uid": "u"},
        "spec": {"template": {"spec": {kind: listed}}},
    }


def applied(document: dict[str, Any], change: Any) -> dict[str, Any]:
    result: dict[str, Any] = jsonpatch.apply_patch(document, change.body)
    return result


@pytest.mark.parametrize(("kind", "before"), [("initContainers", 0), ("initContainers", 3), ("containers", 1)])
def test_the_container_is_found_by_name_wherever_it_is(kind: str, before: int) -> None:
    assert locate(daemonset(before=before, kind=kind), "install-cni").pointer == f"/spec/template/spec/{kind}/{before}"


def test_a_missing_container_is_an_error_and_not_an_added_one() -> None:
    with pytest.raises(Missing, match="no container install-cnii"):
        setting_change(daemonset(), Setting("install-cnii", ("privileged",), value=True))


@pytest.mark.parametrize(
    ("security", "setting", "body"),
    [
        (None, PRIVILEGED, [{"op": "add", "path": f"{AT}/securityContext", "value": {"privileged": True}}]),
        (
            {},
            PRIVILEGED,
            [
                {"op": "test", "path": f"{AT}/securityContext", "value": {}},
                {"op": "add", "path": f"{AT}/securityContext/privileged", "value": True},
            ],
        ),
        (
            {"runAsUser": 0},
            PRIVILEGED,
            [
                {"op": "test", "path": f"{AT}/securityContext", "value": {"runAsUser": 0}},
                {"op": "add", "path": f"{AT}/securityContext/privileged", "value": True},
            ],
        ),
        (
            {"privileged": False, "runAsUser": 0},
            PRIVILEGED,
            [
                {"op": "test", "path": f"{AT}/securityContext/privileged", "value": False},
                {"op": "replace", "path": f"{AT}/securityContext/privileged", "value": True},
            ],
        ),
        (
            None,
            SPC,
            [{"op": "add", "path": f"{AT}/securityContext", "value": {"seLinuxOptions": {"type": "spc_t"}}}],
        ),
        (
            {"seLinuxOptions": {"level": "s0"}},
            SPC,
            [
                {"op": "test", "path": f"{AT}/securityContext/seLinuxOptions", "value": {"level": "s0"}},
                {"op": "add", "path": f"{AT}/securityContext/seLinuxOptions/type", "value": "spc_t"},
            ],
        ),
    ],
)
def test_the_patch_guards_name_old_value_and_generation_and_adds_within_what_is_there(
    security: object, setting: Setting, body: list[dict[str, object]]
) -> None:
    change = setting_change(daemonset(security), setting)
    assert change is not None
    name = {"op": "test", "path": f"{AT}/name", "value": "install-cni"}
    generation = {"op": "test", "path": "/metadata/generation", "value": 7}
    assert change.body == [name, *body[:-1], generation, body[-1]]


@pytest.mark.parametrize("security", [{"privileged": True}, {"privileged": True, "runAsUser": 0}])
def test_a_value_that_is_there_already_needs_no_change(security: object) -> None:
    assert setting_change(daemonset(security), PRIVILEGED) is None


@pytest.mark.parametrize(
    "meddle",
    [
        lambda ds: ds["metadata"].update(generation=8),
        lambda ds: ds["spec"]["template"]["spec"]["initContainers"].insert(0, {"name": "new"}),
        lambda ds: ds["spec"]["template"]["spec"]["initContainers"][1]["securityContext"].update(runAsUser=1),
    ],
)
def test_a_change_made_since_breaks_a_guard_that_can_be_named(meddle: Any) -> None:
    document = daemonset({"runAsUser": 0})
    change = setting_change(document, PRIVILEGED)
    assert change is not None
    assert broken_guards(change, document) == ()
    meddle(document)
    assert broken_guards(change, document)
    with pytest.raises(jsonpatch.JsonPatchException):
        applied(document, change)


SECURITY = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {},
        optional={
            "privileged": st.booleans(),
            "runAsUser": st.integers(0, 9),
            "seLinuxOptions": st.fixed_dictionaries(
                {}, optional={"type": st.sampled_from(["container_t", "spc_t"]), "level": st.just("s0")}
            ),
        },
    ),
)


@given(SECURITY, st.sampled_from([PRIVILEGED, SPC]), st.integers(0, 3))
def test_taking_a_change_back_gives_exactly_what_was_before(security: object, setting: Setting, before: int) -> None:
    document = daemonset(security, before)
    change = setting_change(document, setting)
    if change is None:
        return
    after = applied(document, change)
    assert current(after, setting) == setting.value
    assert after == with_setting(document, setting)
    after["metadata"]["generation"] += 5
    back = reverting_change(after, document, setting)
    assert back is not None
    restored = applied(after, back)
    restored["metadata"]["generation"] = 7
    assert restored == document
    assert reverting_change(document, document, setting) is None


def test_taking_back_keeps_what_others_added_meanwhile() -> None:
    before = daemonset()
    now = copy.deepcopy(daemonset({"privileged": True, "runAsUser": 0}, before=2))
    back = reverting_change(now, before, PRIVILEGED)
    assert back is not None
    assert locate(applied(now, back), "install-cni").container["securityContext"] == {"runAsUser": 0}


def test_a_value_somebody_else_set_is_not_taken_back() -> None:
    with pytest.raises(ValueError, match="is 'container_t', not the 'spc_t' we set"):
        reverting_change(daemonset({"seLinuxOptions": {"type": "container_t"}}), daemonset(), SPC)


def test_the_command_for_later_leaves_the_generation_out() -> None:
    change = setting_change(daemonset(), PRIVILEGED)
    assert change is not None
    assert "metadata/generation" in change.by_hand
    later = patch_command(change, any_generation=True)
    assert later.startswith("kubectl -n kube-system patch daemonset calico-node --type=json -p '[{")
    assert "generation" not in later


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("/a/0/b", 1), ("/a/1", None), ("/a/x", None), ("/c~1d", 2), ("/e~0f", 3), ("/a/0/b/c", None)],
)
def test_pointers_are_read_as_rfc_6901_says(pointer: str, value: object) -> None:
    assert resolve({"a": [{"b": 1}], "c/d": 2, "e~f": 3}, pointer) == value
