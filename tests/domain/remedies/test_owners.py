"""What each owner takes back and when, and how the change is made at it: with its own names, file and command."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import pytest

from cnitui.domain.documents import Document
from cnitui.domain.owners import Owner, recognised
from cnitui.domain.remedies.confinement import PRIVILEGED, SPC_TYPE, setting_of
from cnitui.domain.remedies.owners import lasting_steps, owner_warnings
from cnitui.domain.remedies.situation import Situation
from tests.domain.remedies.test_remedies import STATUS, planned, situation

APPLICATION: Document = {
    "spec": {
        "source": {"repoURL": "https://git.example/net", "path": "clusters/eu/calico", "targetRevision": "main"},
        "syncPolicy": {"automated": {"selfHeal": True}},
    }
}


def owned(owner: Owner, source: Document | None = None, version: str = "v1.31.0") -> Situation:
    found = situation(status=replace(STATUS, owners=(owner,)))
    return replace(found, owner_sources={owner.words: source} if source else {}, server_version=version)


@pytest.mark.parametrize(
    ("owner", "source", "when"),
    [
        (Owner("operator", "default", detail="Installation"), None, "every five minutes"),
        (Owner("helm", "calico"), None, "by the next helm upgrade or rollback, and by nothing before that"),
        (Owner("rke2-chart", "rke2-canal"), None, "with a HelmChartConfig, or an upgrade of RKE2"),
        (Owner("argocd", "calico"), None, "within seconds if self-heal is on"),
        (Owner("argocd", "calico"), APPLICATION, "within seconds (self-heal is on)"),
        (Owner("argocd", "calico"), {"spec": {"source": {}}}, "by its next sync (self-heal is off)"),
        (
            Owner("argocd", "calico"),
            {"spec": {"syncPolicy": {"syncOptions": ["Replace=true"]}}},
            "its syncs replace the whole object",
        ),
        (
            Owner("flux-kustomization", "net"),
            {"spec": {"interval": "10m"}},
            "every 10m; a line that the source",
        ),
        (Owner("flux-kustomization", "net"), None, "at its interval"),
        (
            Owner("flux-helmrelease", "net"),
            {"spec": {"interval": "1h", "driftDetection": {"mode": "enabled"}}},
            "every 1h (drift detection is enabled)",
        ),
        (Owner("flux-helmrelease", "net"), {"spec": {"interval": "1h"}}, "(drift detection is off)"),
        (Owner("manifest-file", "calico"), None, "it is looked at every 15 s"),
        (Owner("kops", "networking.projectcalico.org"), None, "kops update cluster"),
        (Owner("addon-manager", detail="Reconcile"), None, "every 60 s"),
        (Owner("kubespray"), None, "when the playbook runs again"),
        (Owner("kustomize"), None, "when the kustomization is applied again"),
        (Owner("controller", "x", detail="Thing"), None, "at any time"),
        (Owner("other", "Something else"), None, "make the change at the owner as well"),
    ],
)
def test_it_is_said_what_takes_a_change_back_and_when(owner: Owner, source: Document | None, when: str) -> None:
    found = owned(owner, source)
    (warning,) = owner_warnings(found)
    assert warning.startswith(f"{owner.words} owns this DaemonSet: ")
    assert when in warning
    assert planned(found).warnings == (warning,)
    assert planned(found).lasting


@pytest.mark.parametrize(
    ("owner", "source", "expected"),
    [
        (
            Owner("helm", "calico", "network", "calico-v3.27.0"),
            None,
            "upgrade calico CHART_REPOSITORY/calico --version v3.27.0 --reuse-values --post-renderer cnitui ",
        ),
        (Owner("helm", "calico"), None, "helm -n kube-system rollback calico"),
        (Owner("rke2-chart", "rke2-canal"), None, "/var/lib/rancher/rke2/server/manifests/rke2-canal-config.yaml"),
        (Owner("argocd", "calico"), APPLICATION, "grep -rln 'name: install-cni' clusters/eu/calico"),
        (Owner("argocd", "calico"), APPLICATION, "In https://git.example/net (main), below clusters/eu/calico"),
        (Owner("argocd", "calico", "team"), None, "kubectl -n team get applications.argoproj.io calico"),
        (
            Owner("flux-kustomization", "net", "flux"),
            {"spec": {"path": "./calico", "sourceRef": {"kind": "GitRepository", "name": "infra"}}},
            "from GitRepository infra, path ./calico",
        ),
        (Owner("flux-helmrelease", "net", "flux"), None, "flux reconcile helmrelease net -n flux"),
        (
            Owner("manifest-file", "calico"),
            {"spec": {"source": "/data/k3s/server/manifests/calico.yaml"}},
            "cnitui patch /data/k3s/server/manifests/calico.yaml --in-place",
        ),
        (Owner("manifest-file", "calico"), None, "cnitui patch /var/lib/rancher/rke2/server/manifests/calico.yaml"),
        (
            Owner("kops", "networking.projectcalico.org"),
            None,
            "kubectl annotate namespace kube-system addons.k8s.io/networking.projectcalico.org-",
        ),
        (Owner("addon-manager", detail="Reconcile"), None, "sudo grep -rl 'name: install-cni' /etc/kubernetes/addons"),
        (Owner("kubespray"), None, "roles/network_plugin/calico/templates/calico-node.yml.j2"),
        (
            Owner("operator", "default", detail="Installation"),
            None,
            "/var/lib/rancher/rke2/server/manifests/rke2-calico-config.yaml",
        ),
    ],
)
def test_the_owners_own_file_and_command_are_filled_in(owner: Owner, source: Document | None, expected: str) -> None:
    steps = lasting_steps(owned(owner, source, "v1.31.3+rke2r1"), setting_of(PRIVILEGED, "install-cni"))
    assert any(expected in f"{step.words}\n{step.command}" for step in steps), steps


def test_the_patch_for_kustomize_and_flux_finds_the_container_by_name() -> None:
    found = owned(Owner("flux-kustomization", "net"))
    (entry,) = json.loads(
        next(s for s in lasting_steps(found, setting_of(SPC_TYPE, "install-cni")) if "patches" in s.command)
        .command.removeprefix("patches: ")
    )  # fmt: skip
    assert entry["target"] == {"kind": "DaemonSet", "name": "calico-node", "namespace": "kube-system"}
    (container,) = json.loads(entry["patch"])["spec"]["template"]["spec"]["initContainers"]
    assert container == {"name": "install-cni", "securityContext": {"seLinuxOptions": {"type": "spc_t"}}}


def test_values_that_rke2_holds_already_are_kept() -> None:
    held: Document = {"spec": {"valuesContent": "calico:\n  masquerade: false"}}
    steps = lasting_steps(owned(Owner("rke2-chart", "rke2-canal"), held), setting_of(PRIVILEGED, "install-cni"))
    (config,) = (json.loads(step.command) for step in steps if step.command.startswith("{"))
    assert config["spec"]["valuesContent"] == "calico:\n  masquerade: false\n# rendered again"


def test_names_from_the_cluster_stay_one_word_of_a_command() -> None:
    evil = "x; rm -rf / #$(id)"
    kinds = ("helm", "argocd", "flux-kustomization", "flux-helmrelease", "manifest-file", "kops")
    for kind in kinds:
        owner = Owner(kind, evil, evil)  # type: ignore[arg-type]  # a kind of the list
        for step in lasting_steps(owned(owner), setting_of(SPC_TYPE, "install-cni")):
            assert "rm" not in shlex.split(step.command) or step.command.startswith("patches")


def test_who_renders_a_chart_is_the_owner_and_not_helm() -> None:
    marks = {"meta.helm.sh/release-name": "net", "argocd.argoproj.io/tracking-id": "team_net:apps/DaemonSet:x/y"}
    assert recognised({}, marks) == (Owner("argocd", "net", "team"),)
    assert recognised({}, {}, template_annotations={"kubespray.etcd-cert/serial": "AB"}) == (Owner("kubespray"),)
