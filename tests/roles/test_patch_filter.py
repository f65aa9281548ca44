"""The role's filters as plain functions: one value changed in the text of any manifest, and what speaks against it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cnitui.gateways.documents import load_all_yaml
from cnitui.gateways.manifest_search import at
from cnitui.gateways.manifests import with_value
from cnitui.roles.calico_install_cni.filter_plugins.calico_install_cni import obstacles, patch

HEAD = """\
# as deployed
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system, annotations: {since: 2019-10-16, odd: 1e3}}
spec:
  template:
    spec:
      initContainers:
"""
SECURED = "      - name: install-cni\n        securityContext:\n"
WHERE = (0, "spec", "template", "spec", "initContainers", 1)
PRIVILEGED = ("securityContext", "privileged")
SPC_T = ("securityContext", "seLinuxOptions", "type")
MANIFESTS = {
    "v3.8.2/calico.yaml": "calico-node",
    "v3.8.2/calico-etcd.yaml": "calico-node",
    "v3.10.4/canal.yaml": "canal",
    "v3.27.0/canal-etcd.yaml": "canal-node",
    "v3.27.0/calico.yaml": "calico-node",
    "v3.32.1/canal.yaml": "canal",
    "release-v3.33/calico.yaml": "calico-node",
}
LINES = re.compile(r"(- name: install-cni\n(?:(?! +- name: (?:mount|ebpf|flexvol)).*\n)*?) +securityContext:\n.*true\n")


def patched(text: str, privilege: str = "privileged", daemonset: str = "calico-node") -> str:
    """The patched text of what can be patched."""
    answer = patch(text, "kube-system", daemonset, "install-cni", privilege)
    assert answer["problem"] == ""
    return answer["text"]


def problem(text: str) -> str:
    """Why it cannot be patched."""
    answer = patch(text, "kube-system", "calico-node", "install-cni", "privileged")
    assert answer["text"] == ""
    return answer["problem"]


def manifest(container: str) -> str:
    """A manifest with install-cni as its second init container."""
    return f"{HEAD}      - name: upgrade-ipam\n{container}      - name: mount-bpffs # last\n"


def added(before: str, after: str) -> list[str]:
    """The lines that `after` has more, once it is sure that nothing else differs."""
    old, new = before.splitlines(), after.splitlines()
    more = [line for line in new if line not in old]
    assert [line for line in new if line not in more] == old
    return more


@pytest.mark.parametrize(
    "container",
    [
        "      - name: install-cni # installs\n        image: x\n        env: [{name: SLEEP, value: 'false'}]\n",
        "      - name: install-cni\n",
        "      - image: x\n        # who it is\n        name: install-cni\n",
        "      - name: install-cni\n        securityContext: {}\n",
        "      - name: install-cni\n        securityContext:\n",
        "      - name: install-cni\n        securityContext: null # none\n",
        "      - name: install-cni\n        securityContext: {runAsUser: 0, privileged: false}\n",
        f"{SECURED}          runAsUser: 0\n          seLinuxOptions:\n            level: s0\n",
        f"{SECURED}          privileged:\n          seLinuxOptions: {{type: container_t}}\n",
        "      - {name: install-cni, image: x}\n",
        '      - {"name": "install-cni"}\n',
    ],
)
@pytest.mark.parametrize(("privilege", "path", "value"), [("privileged", PRIVILEGED, True), ("spc_t", SPC_T, "spc_t")])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_any_way_to_write_the_container_gets_exactly_one_value(
    container: str, privilege: str, path: tuple[str, ...], value: object, newline: str
) -> None:
    before = manifest(container).replace("\n", newline)
    after = patched(before, privilege)
    assert load_all_yaml(after) == with_value(load_all_yaml(before), (*WHERE, *path), value=value)
    assert after.count("#") == before.count("#")
    assert after.replace("\r\n", "").count("\n") == (0 if newline == "\r\n" else after.count("\n"))
    assert patched(after, privilege) == after


def test_the_lines_are_added_and_every_other_line_stays() -> None:
    before = manifest("      - name: install-cni # installs\n        image: x\n")
    assert added(before, patched(before)) == ["        securityContext:", "          privileged: true"]


def test_json_stays_json() -> None:
    before = json.dumps({"kind": "List", "items": load_all_yaml(manifest("      - name: install-cni\n"))}, indent=1)
    assert at(json.loads(patched(before)), ("items", *WHERE, *PRIVILEGED)) is True


@pytest.mark.parametrize("privilege", ["privileged", "spc_t"])
def test_a_privileged_container_is_left_alone(privilege: str) -> None:
    text = manifest("      - name: install-cni\n        securityContext: {privileged: true}\n")
    assert patched(text, privilege) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no DaemonSet kube-system/calico-node in the manifest (there: none)"),
        ("<html><body>Sign in</body></html>", "(there: none)"),
        ("a: b: c", "mapping values are not allowed"),
        ("kind: DaemonSet\n", "(there: default/None)"),
        (
            HEAD.replace("calico-node", "canal"),
            "no DaemonSet kube-system/calico-node in the manifest (there: kube-system/canal)",
        ),
        (HEAD, "no container install-cni in DaemonSet kube-system/calico-node (there: none)"),
        (manifest("      - 7\n      - name: install\n"), "(there: upgrade-ipam, None, install, mount-bpffs)"),
        (
            manifest("      - &one {name: install-cni}\n") + "      containers: [*one]\n",
            "install-cni cannot be changed without changing something else",
        ),
        (
            manifest("      - <<: {securityContext: {runAsUser: 0}}\n        name: install-cni\n"),
            "cannot be changed without",
        ),
    ],
)
def test_what_cannot_be_patched_is_refused_with_the_reason(text: str, words: str) -> None:
    assert words in problem(text)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "daemonset"), MANIFESTS.items())
def test_in_real_manifests_only_the_one_value_changes(shared: Path, name: str, daemonset: str) -> None:
    stock = (shared / "domain" / "manifests" / name).read_text("utf-8")
    lacking = LINES.sub(r"\1", stock)
    documents, path = load_all_yaml(lacking), where(load_all_yaml(lacking), daemonset)
    assert "privileged" not in at(documents, path)  # type: ignore[operator]  # a container
    wanted = with_value(documents, (*path, *PRIVILEGED), value=True)
    after = patched(lacking, daemonset=daemonset)
    assert load_all_yaml(after) == wanted
    assert after.count("\n") == lacking.count("\n") + 2
    assert LINES.sub(r"\1", after) == lacking, "every other byte is kept"
    if lacking != stock:
        assert wanted == load_all_yaml(stock)
        assert patched(stock, daemonset=daemonset) == stock


def where(documents: list[object], daemonset: str) -> tuple[Any, ...]:
    """The path of install-cni in a stock manifest."""
    number = next(i for i, one in enumerate(documents) if at(one, ("metadata", "name")) == daemonset
                  and at(one, ("kind",)) == "DaemonSet")  # fmt: skip
    pod = (number, "spec", "template", "spec", "initContainers")
    names = [at(one, ("name",)) for one in at(documents, pod)]  # type: ignore[attr-defined]  # a list
    return (*pod, names.index("install-cni"))


# --- what speaks against applying -------------------------------------------------------------------------------------


def running(name: str = "calico-node", namespace: str = "kube-system", **metadata: object) -> dict[str, object]:
    """A DaemonSet with install-cni, as kubectl shows it."""
    containers = {"initContainers": [{"name": "install-cni"}], "containers": [{"name": name}]}
    return {
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": {"template": {"spec": containers}},
    }


PROXY = {
    "metadata": {"name": "kube-proxy", "labels": {"addonmanager.kubernetes.io/mode": "Reconcile"}},
    "spec": {"template": {"spec": {"containers": [{"name": "kube-proxy"}]}}},
}


TAKEN = "DaemonSet kube-system/calico-node belongs to {}: make the change there"


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], []),
        ([PROXY, running()], []),
        (
            [running("canal")],
            ["the cluster runs install-cni in DaemonSet kube-system/canal, not in kube-system/calico-node"],
        ),
        (
            [running(ownerReferences=[{"kind": "Installation", "name": "default"}])],
            [TAKEN.format("Installation default")],
        ),
        (
            [running(annotations={"meta.helm.sh/release-name": "x"}, labels={"argocd.argoproj.io/instance": "net"})],
            [TAKEN.format("Helm"), TAKEN.format("Argo CD")],
        ),
    ],
)
def test_another_owner_and_another_calico_speak_against_applying(items: list[object], words: list[str]) -> None:
    assert obstacles({"items": items}, "kube-system", "calico-node", "install-cni") == words
