"""The role under a name of its own, with observed defaults, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnitui.domain.facts import ContainerSpec, DaemonSetStatus
from cnitui.errors import StateError, UsageError
from cnitui.gateways.documents import load_yaml
from cnitui.gateways.role_files import DEFAULTS, PACKAGED, check_role, role_files, role_name, write_role

CANAL = DaemonSetStatus(
    "kube-system", "canal", containers=(ContainerSpec("install-cni", 0, init=True, image="quay.io/calico/cni:v3.31.7"),)
)


def test_the_packaged_role_is_a_role_as_it_stands() -> None:
    texts = role_files(PACKAGED)
    assert {"README.md", "meta/argument_specs.yml", "tasks/main.yml", f"filter_plugins/{PACKAGED}.py"} <= texts.keys()
    assert not [path for path in texts if "__pycache__" in path]


def test_its_name_is_the_prefix_of_all_that_it_defines() -> None:
    texts = role_files("cni-calico")
    assert "filter_plugins/cni_calico.py" in texts
    assert not [path for path, text in texts.items() if PACKAGED in path + text]
    assert "- role: cni-calico\n" in texts["README.md"]
    assert "cni_calico_manifest: https://" in texts["README.md"]


def test_what_was_observed_is_its_default() -> None:
    text = role_files("canal", CANAL)[DEFAULTS]
    defaults = load_yaml(text)
    assert isinstance(defaults, dict)
    assert (defaults["canal_namespace"], defaults["canal_daemonset"]) == ("kube-system", "canal")
    assert "the cluster ran Calico v3.31.7" in text


@pytest.mark.parametrize("name", ["{{ lookup('pipe', 'id') }}", "x\ny: z", "no", "", "-", "a" * 254])
def test_only_names_that_kubernetes_allows_become_defaults_and_as_text(name: str) -> None:
    image = f"calico/cni:v1\n{name}"
    hostile = DaemonSetStatus(name, name, containers=(ContainerSpec("install-cni", 0, init=True, image=image),))
    text = role_files("calico", hostile)[DEFAULTS]
    defaults = load_yaml(text)
    assert isinstance(defaults, dict)
    assert (defaults["calico_namespace"], defaults["calico_daemonset"]) == (
        ("no", "no") if name == "no" else ("kube-system", "calico-node")
    )
    assert "When this role" not in text


@pytest.mark.parametrize("name", ["Calico", "1st", "a.b", "a b", "ümlaut"])
def test_a_folder_whose_name_is_no_role_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a role"):
        role_name(tmp_path / name)


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    folder, texts = tmp_path / "roles" / "calico", role_files("calico")
    check_role(folder, texts, force=False)
    write_role(folder, texts)
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == texts.keys()
    with pytest.raises(StateError, match="is there already and"):
        check_role(folder, texts, force=False)
    check_role(folder, texts, force=True)


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "calico").write_text("")
    with pytest.raises(StateError, match="is a file"):
        check_role(tmp_path / "calico", {}, force=True)
    with pytest.raises(StateError, match="cannot be made: Not a directory"):
        write_role(tmp_path / "calico", {"tasks/main.yml": ""})
