"""patch-manifest: exactly the missing line, every other byte kept, and a refusal where that cannot be had."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnitui.errors import ConfigurationError, StateError
from cnitui.gateways.documents import load_all_yaml
from cnitui.gateways.manifest_search import at
from cnitui.gateways.manifests import plan_edit, read_manifest, write_manifest

HEAD = """\
# calico, as deployed
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system}
spec:
  template:
    spec:
      initContainers:
        # first the addresses
        - name: "upgrade-ipam"
          image: 'calico/cni:v3.27.0'
          securityContext:
            privileged: true
"""
INSTALL = """\
        - name: install-cni # installs
          image: calico/cni:v3.27.0
          env:
            - name: KUBERNETES_NODE_NAME
              valueFrom:
                fieldRef:
                  fieldPath: spec.nodeName
            - {name: SLEEP, value: "false"}
"""
TAIL = """\
        # \ttabs and ünïcode 世界 in a comment
        - name: mount-bpffs
          image: calico/node:v3.27.0
      containers:
        - {name: calico-node, image: calico/node}
"""
POD = ("spec", "template", "spec")
LINES = "          securityContext:\n            privileged: true\n"


def manifest(install: str = INSTALL, tail: str = TAIL) -> str:
    return HEAD + install + tail


def privileged_of(text: str) -> object:
    return at(load_all_yaml(text), (0, *POD, "initContainers", 1, "securityContext", "privileged"))


def test_adds_the_two_lines_at_the_end_of_the_container_and_nothing_else() -> None:
    edit = plan_edit(manifest())
    assert edit.text == HEAD + INSTALL + LINES + TAIL
    assert edit.changes == ("calico-node: install-cni (line 14) gets privileged: true",)


def test_a_second_run_changes_nothing() -> None:
    once = plan_edit(manifest())
    again = plan_edit(once.data)
    assert (again.changed, again.data, again.diff()) == (False, once.data, "")
    assert "privileged already" in again.why


def test_the_diff_shows_the_added_lines_only() -> None:
    added = [line for line in plan_edit(manifest()).diff("calico.yaml").splitlines() if line.startswith(("+", "-"))]
    assert added == ["--- calico.yaml", "+++ calico.yaml (patched)", *(f"+{line}" for line in LINES.splitlines())]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("securityContext: {}", "securityContext: {privileged: true}"),
        ("securityContext: { }", "securityContext: {privileged: true}"),
        ("securityContext: {runAsUser: 0}", "securityContext: {runAsUser: 0, privileged: true}"),
        ("securityContext: {privileged: false} # no", "securityContext: {privileged: true} # no"),
        ("securityContext: {privileged: true}", "securityContext: {privileged: true}"),
        ("securityContext: null # nothing", "securityContext: {privileged: true} # nothing"),
        ("securityContext: ~", "securityContext: {privileged: true}"),
        ("securityContext: # none", "securityContext: # none\n            privileged: true"),
        ("securityContext:", "securityContext:\n            privileged: true"),
        (
            "securityContext:\n            runAsUser: 0 # root",
            "securityContext:\n            runAsUser: 0 # root\n            privileged: true",
        ),
        (
            "securityContext:\n            privileged:   false # why?",
            "securityContext:\n            privileged:   true # why?",
        ),
        ("securityContext:\n            privileged:", "securityContext:\n            privileged: true"),
        ("securityContext:\n            privileged: yes", "securityContext:\n            privileged: yes"),
        ('"securityContext":\n            "privileged": "true"', '"securityContext":\n            "privileged": true'),
        ("securityContext: &sc {runAsUser: 0}", "securityContext: &sc {runAsUser: 0, privileged: true}"),
    ],
)
def test_an_existing_security_context_is_kept_in_its_own_style(before: str, after: str) -> None:
    edit = plan_edit(manifest(INSTALL + f"          {before}\n"))
    assert edit.text == manifest(INSTALL + f"          {after}\n")
    assert edit.changed == (before != after)


@pytest.mark.parametrize(
    "install",
    [
        "        - {name: install-cni, image: x}\n",
        "        - { name: install-cni,\n            image: x,\n            args: [a, b] }\n",
        "        - {name: install-cni, image: x,}\n",
        "        - image: x\n          name: install-cni\n",
        "        -   name: install-cni\n            image: x\n",
        "        - name: install-cni\n          command:\n          - /opt/cni/bin/install\n          # trailing\n\n",
        "        - name: install-cni\n          args:\n          - |\n            text\n\n            # text too\n\n",
        "        - name: install-cni\n          args: [a,\n            b]  # both\n",
        "        - name: install-cni\n          envFrom:\n",
        "        - name: install-cni\n          image: >-\n            folded\n            text\n",
        "        - name: install-cni\n",
        "        - &anchor\n          name: install-cni\n",
        "        - !!map\n          name: install-cni\n",
    ],
)
def test_any_way_to_write_the_container_gets_exactly_one_value(install: str) -> None:
    before = manifest(install)
    edit = plan_edit(before)
    assert privileged_of(edit.text) is True
    container = at(load_all_yaml(before), (0, *POD, "initContainers", 1))
    assert isinstance(container, dict)
    patched = {**container, "securityContext": {"privileged": True}}
    assert at(load_all_yaml(edit.text), (0, *POD, "initContainers", 1)) == patched
    assert only_added(before, edit.text)


def only_added(before: str, after: str) -> bool:
    """Whether `before` is `after` with one stretch taken out."""
    start = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    return after.endswith(before[start:])


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", [True, False], ids=["last newline", "no last newline"])
def test_line_ends_byte_order_mark_and_missing_last_newline_stay(newline: str, mark: str, last: bool) -> None:
    text = manifest(tail="")
    text = (mark + (text if last else text.rstrip("\n"))).replace("\n", newline)
    edit = plan_edit(text.encode())
    assert edit.data.decode() == mark + (manifest(tail="") + LINES).rstrip("\n").replace("\n", newline) + newline * last


def test_the_indentation_is_that_of_the_container() -> None:
    wide = (
        "kind: DaemonSet\nspec:\n    template:\n        spec:\n            initContainers:\n"
        "            -   name: install-cni\n"
        "                resources:\n                    limits:\n                        cpu: 1\n"
    )
    added = plan_edit(wide).text.removeprefix(wide)
    assert added == "                securityContext:\n                    privileged: true\n"


def test_several_documents_and_other_daemonsets_are_left_alone() -> None:
    other = (
        "kind: DaemonSet\nmetadata: {name: kube-proxy}\nspec: {template: {spec: {containers: [{name: kube-proxy}]}}}\n"
    )
    text = f"---\n{other}---\n{manifest()}---\n# nothing here\n---\n{manifest()}...\n"
    edit = plan_edit(text)
    assert len(edit.changes) == 2
    assert edit.text == text.replace(INSTALL, INSTALL + LINES)


def test_lists_of_objects_and_ordinary_containers_are_searched_too() -> None:
    body = {
        "kind": "List",
        "items": [
            {"kind": "Service"},
            {"kind": "DaemonSet", "spec": {"template": {"spec": {"containers": [{"name": "install-cni"}]}}}},
        ],
    }
    edited = json.loads(plan_edit(json.dumps(body)).text)
    assert edited["items"][1]["spec"]["template"]["spec"]["containers"] == [
        {"name": "install-cni", "securityContext": {"privileged": True}}
    ]


@pytest.mark.parametrize("indent", [None, 2, 4])
@pytest.mark.parametrize("security", [None, {}, {"runAsUser": 0}, {"privileged": False}])
def test_json_stays_json(indent: int | None, security: dict[str, object] | None) -> None:
    container: dict[str, object] = {"name": "install-cni", "image": "x"}
    if security is not None:
        container["securityContext"] = security
    text = json.dumps(
        {"kind": "DaemonSet", "spec": {"template": {"spec": {"initContainers": [container]}}}}, indent=indent
    )
    edited = json.loads(plan_edit(text).text)
    found = edited["spec"]["template"]["spec"]["initContainers"][0]["securityContext"]
    assert found == {**(security or {}), "privileged": True}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: Pod\n", "no container install-cni"),
        ("", "no container install-cni"),
        ("a: b: c\n", "line 1, column 5"),
        ("kind: {{ .Values.kind }}\n", "line 1"),
        (manifest(INSTALL + LINES + LINES), r"lines 23 and 25: securityContext is there twice"),
        (
            manifest(INSTALL + LINES + "            privileged: false\n"),
            r"lines 23 and 24: privileged is there twice",
        ),
        (
            manifest("        - &c\n          name: install-cni\n        - *c\n"),
            "an alias uses this part",
        ),
        (
            manifest(
                INSTALL + "          securityContext: &sc {runAsUser: 0}\n        - {name: x, securityContext: *sc}\n"
            ),
            "line 22: an alias uses this part",
        ),
        (
            manifest("        - <<: {name: install-cni, securityContext: {runAsUser: 0}}\n"),
            "cannot add the line",
        ),
        (manifest("        - ? name\n          : install-cni\n"), "cannot add the line"),
    ],
)
def test_what_cannot_be_done_safely_is_refused_with_file_and_line(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        plan_edit(text, "calico.yaml")
    assert str(caught.value).startswith("calico.yaml")
    assert caught.value.exit_code == 2


def test_aliases_elsewhere_do_not_hinder_and_are_not_changed() -> None:
    install = INSTALL + "          volumeMounts: &mounts\n            - {name: a}\n"
    text = manifest(install, "        - name: second\n          volumeMounts: *mounts\n")
    edit = plan_edit(text)
    assert privileged_of(edit.text) is True
    assert "volumeMounts: *mounts" in edit.text
    assert only_added(text, edit.text)


def test_a_container_that_ends_in_an_alias_is_patched_behind_its_name() -> None:
    head = HEAD.replace("      initContainers:", "      volumes: &v [{name: a}]\n      initContainers:")
    text = head + "        - name: install-cni # here\n          volumeMounts: *v\n"
    edit = plan_edit(text)
    assert edit.text == text.replace("# here\n", "# here\n" + LINES)


def test_aliases_that_make_a_small_text_enormous_are_refused() -> None:
    laughs = "".join(f"l{i}: &l{i} [{','.join([f'*l{i - 1}'] * 9)}]\n" for i in range(1, 12))
    with pytest.raises(ConfigurationError, match="aliases stand for more than"):
        plan_edit(f"l0: &l0 [x]\n{laughs}{manifest()}")


def test_bytes_that_are_no_utf8_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        plan_edit(b"\xff\xfek\x00")


@given(
    st.lists(
        st.sampled_from(
            [
                "          image: x\n",
                "          # a comment\n",
                "\n",
                "          args: [a, 'b', \"c\"]\n",
                "          env:\n            - name: A\n              value: |\n                text\n\n",
                "          command:\n          - run   # it\n",
                "          resources: {}\n",
                "          tty:\n",
                "   # oddly placed\n",
            ]
        ),
        unique=True,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_mixture_of_styles_is_patched_once_and_only_once(parts: list[str], newline: str, cut: bool) -> None:
    text = manifest("        - name: install-cni\n" + "".join(parts), "" if cut else TAIL).replace("\n", newline)
    once = plan_edit(text)
    assert privileged_of(once.text) is True
    assert only_added(text, once.text)
    assert plan_edit(once.text).text == once.text


@pytest.mark.shared
def test_every_stock_manifest_with_the_line_taken_out_gets_it_back_byte_for_byte(shared: Path) -> None:
    files = sorted((shared / "domain" / "manifests").rglob("*.yaml"))
    done = 0
    for file in (f for f in files if f.parent.name == "v3.27.0" or f.name == "calico.yaml"):
        if file.name in ("custom-resources.yaml", "tigera-operator.yaml"):
            continue
        stock = plan_edit(file.read_bytes(), file.name)
        stripped = without_lines(stock.text)
        assert stripped != stock.text
        assert plan_edit(stripped, file.name).text == stock.text, file
        done += 1
    assert done > 20


def without_lines(text: str) -> str:
    before, name, after = text.partition("        - name: install-cni\n")
    return before + name + after.replace(LINES, "", 1)


@pytest.mark.shared
def test_a_manifest_without_the_daemonset_is_no_manifest_to_patch(shared: Path) -> None:
    file = shared / "domain" / "manifests" / "v3.27.0" / "tigera-operator.yaml"
    with pytest.raises(ConfigurationError, match="no container install-cni"):
        plan_edit(file.read_bytes(), file.name)


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_manifest(link, b"new")
    assert (read_manifest(real), link.is_symlink(), real.stat().st_mode & 0o777) == (b"new", True, 0o640)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link.yaml", "real.yaml"]


def test_files_that_cannot_be_read_or_written_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_manifest(tmp_path / "absent.yaml")
    with pytest.raises(StateError, match="cannot be written"):
        write_manifest(tmp_path / "absent" / "calico.yaml", b"")
