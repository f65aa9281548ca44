"""How each owner makes the change itself: its file and its command, filled in as far as they are known.

Where a step rests on what a project does, its source is in the comment beside it; how owners are recognised and what
they revert stands in `domain/owners.py` and `owners.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.owners import Owner, OwnerKind
from cnitui.domain.plan import Step
from cnitui.domain.remedies.base import command
from cnitui.domain.remedies.situation import Situation
from cnitui.domain.remedies.template import Setting, at

Steps = Callable[[Owner, Situation, Setting], Iterator[Step]]
LONGEST = 200
"""Characters of a repository's address or a path that a step repeats."""


def strategic(situation: Situation, setting: Setting) -> dict[str, object]:
    """The setting as a strategic merge patch, which finds the container by its name."""
    value: object = setting.value
    for key in reversed(setting.keys):
        value = {key: value}
    container = {"name": setting.container, **(value if isinstance(value, dict) else {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": situation.daemonset_name, "namespace": situation.namespace},
        "spec": {"template": {"spec": {"initContainers": [container]}}},
    }


def patches(situation: Situation, setting: Setting) -> str:
    """The setting as `patches` of kustomize or Flux, on one line of YAML (which JSON is)."""
    target = {"kind": "DaemonSet", "name": situation.daemonset_name, "namespace": situation.namespace}
    return "patches: " + json.dumps([{"target": target, "patch": json.dumps(strategic(situation, setting))}])


def _edit(setting: Setting, path: str) -> Step:
    """The change in a file: `cnitui patch` knows privileged; anything else is a line to write."""
    if setting.path == ("privileged",):
        return Step("Add the line, keeping every other byte", command("cnitui", "patch", path, "--in-place"))
    return Step(f"Add {setting.words} to the container {setting.container} in {path}")


def _text(document: Document, *keys: str) -> str:
    found = at(document, keys)
    return found[:LONGEST] if isinstance(found, str) else ""


# --- Helm -------------------------------------------------------------------------------------------------------------

_PLUGIN = (
    'mkdir -p "$(helm env HELM_PLUGINS)/cnitui-patch" && printf \'%s\\n\' "name: cnitui-patch" "version: 0.1.0" '
    '"type: postrenderer/v1" "apiVersion: v1" "runtime: subprocess" "runtimeConfig:" "  platformCommand:" '
    '"    - command: cnitui" "      args: [patch, -]" > "$(helm env HELM_PLUGINS)/cnitui-patch/plugin.yaml"'
)
"""Helm 4 takes the name of a plugin where Helm 3 took a program (helm/helm v4 internal/plugin)."""


def _helm(owner: Owner, situation: Situation, setting: Setting) -> Iterator[Step]:
    release = owner.name or "RELEASE"
    where = ("-n", owner.namespace or situation.namespace)
    chart, version = _chart(owner.detail)
    yield Step("See the release's chart and version", command("helm", *where, "list", "--filter", f"^{release}$"))
    yield Step(
        f"See whether a value of the chart decides {'.'.join(setting.keys)}; then set that and stop here",
        command("helm", *where, "get", "values", release, "--all"),
    )
    if setting.path != ("privileged",):
        yield Step(f"Else add {setting.words} to the container {setting.container} in your copy of the chart")
        return
    upgrade = ("helm", *where, "upgrade", release, chart, "--version", version, "--reuse-values", "--post-renderer")
    arguments = ("--post-renderer-args", "patch", "--post-renderer-args", "-")
    yield Step(
        "Else add the line to what the chart renders (Helm 3); CHART is its repository/name or folder. Look first",
        command(*upgrade, "cnitui", *arguments, "--dry-run"),
    )
    yield Step("then upgrade, now and every time", command(*upgrade, "cnitui", *arguments))
    yield Step("Helm 4 wants a plugin instead of a program: make it once", _PLUGIN)
    yield Step("and name it", command(*upgrade, "cnitui-patch"))
    yield Step("Take it back", command("helm", *where, "rollback", release))


def _chart(label: str) -> tuple[str, str]:
    """Name and version from the label `helm.sh/chart`, `calico-v3.27.0`; placeholders where it says nothing."""
    name, dash, version = label.rpartition("-")
    if not dash or not version.lstrip("v")[:1].isdigit():
        return "CHART", "VERSION"
    return f"CHART_REPOSITORY/{name}", version.replace("_", "+")


# --- RKE2 and k3s -----------------------------------------------------------------------------------------------------


def _rke2_chart(owner: Owner, situation: Situation, setting: Setting) -> Iterator[Step]:
    # The chart's daemonset.yaml says privileged: true of install-cni and asks no value for it
    # (rancher/rke2-charts packages/rke2-canal/charts/templates/daemonset.yaml). A changed HelmChartConfig changes the
    # hash of the values, which makes the Helm controller run `helm upgrade` (k3s-io/helm-controller
    # pkg/controllers/chart/chart.go).
    path = f"/var/lib/rancher/rke2/server/manifests/{owner.name}-config.yaml"
    held = _text(situation.source_of(owner), "spec", "valuesContent")
    words = f"RKE2's chart {owner.name} says privileged: true of install-cni itself, and has no value that decides it"
    yield Step(f"{words}: somebody took it away below the chart. See when", _managed_fields(situation))
    if setting.path != ("privileged",):
        yield Step(f"No value of the chart sets {setting.words}: prefer its own privileged: true, which suffices")
    config = {
        "apiVersion": "helm.cattle.io/v1",
        "kind": "HelmChartConfig",
        "metadata": {"name": owner.name, "namespace": "kube-system"},
        "spec": {"valuesContent": f"{held}\n# rendered again" if held else "# rendered again"},
    }
    what = "Its values are kept, a comment is new" if held else "A comment suffices"
    yield Step(
        f"Let it be rendered again: write this as {path} on a server node, where RKE2 picks it up in seconds. {what}",
        json.dumps(config),
    )
    job = f"job/helm-install-{owner.name}"
    yield Step("Watch the upgrade", command("kubectl", "-n", "kube-system", "logs", "-f", job))


def _manifest_file(owner: Owner, situation: Situation, setting: Setting) -> Iterator[Step]:
    distribution = "rke2" if "+rke2" in situation.server_version else "k3s"
    path = _text(situation.source_of(owner), "spec", "source")
    known = path or f"/var/lib/rancher/{distribution}/server/manifests/{owner.name}.yaml"
    if not path:
        yield Step(
            "See which file it is (spec.source)", command("kubectl", "-n", "kube-system", "get", "addon", owner.name)
        )
    yield Step(f"On the server node that has {known}: copy it before you change it; servers do not share the folder")
    yield _edit(setting, known)
    yield Step(
        "It is applied within 15 s of the change; see that",
        command(
            "kubectl", "-n", "kube-system", "get", "events", "--field-selector", f"involvedObject.name={owner.name}"
        ),
    )


# --- GitOps -----------------------------------------------------------------------------------------------------------


def _argocd(owner: Owner, situation: Situation, setting: Setting) -> Iterator[Step]:
    name, where = owner.name or "APPLICATION", ("-n", owner.namespace or "argocd")
    spec = as_mapping(situation.source_of(owner).get("spec"))
    source = as_mapping(spec.get("source")) or _first(spec.get("sources"))
    repository, path = _text(source, "repoURL"), _text(source, "path")
    if not repository:
        shown = command("kubectl", *where, "get", "applications.argoproj.io", name, "-o", "jsonpath={.spec.source}")
        yield Step("See the repository and the path it deploys from", shown)
    revision = _text(source, "targetRevision") or "HEAD"
    place = f"In {repository or 'that repository'} ({revision}), below {path or 'that path'}"
    if _text(source, "chart"):
        yield Step(
            f"{place}: it deploys the Helm chart {_text(source, 'chart')}. Set a value if the chart has one; else wrap "
            "the chart in a kustomization (helmCharts) with this",
            patches(situation, setting),
        )
    else:
        yield Step(f"{place}: find the manifest", command("grep", "-rln", f"name: {setting.container}", path or "PATH"))
        yield _edit(setting, f"{path or 'PATH'}/FILE")
        yield Step("where it is a kustomization, add this to kustomization.yaml instead", patches(situation, setting))
    yield Step("Commit and push it, look at the difference, then sync", command("argocd", "app", "diff", name))
    yield Step("", command("argocd", "app", "sync", name))


def _kustomization(owner: Owner, situation: Situation, setting: Setting) -> Iterator[Step]:
    name, where = owner.name or "NAME", ("-n", owner.namespace or "flux-system")
    source = situation.source_of(owner)
    path, repository = _text(source, "spec", "path"), _text(source, "spec", "sourceRef", "name")
    from_ = (
        f" from {_text(source, 'spec', 'sourceRef', 'kind')} {repository}, path {path or './'}" if repository else ""
    )
    if not from_:
        shown = command("kubectl", *where, "get", "kustomizations.kustomize.toolkit.fluxcd.io", name, "-o", "yaml")
        yield Step("See where it comes from (spec.sourceRef, spec.path)", shown)
    yield Step(
        f"Kustomization {name} deploys it{from_}. Either change the manifest there, or add this to the Kustomization's "
        "spec, and commit it",
        patches(situation, setting),
    )
    flux = command("flux", "reconcile", "kustomization", name, *where, "--with-source")
    yield Step("Let Flux do it now, else it does at its interval", flux)


def _helmrelease(owner: Owner, situation: Situation, setting: Setting) -> Iterator[Step]:
    name, where = owner.name or "NAME", ("-n", owner.namespace or "flux-system")
    chart = _text(situation.source_of(owner), "spec", "chart", "spec", "chart")
    values = command("kubectl", *where, "get", "helmreleases.helm.toolkit.fluxcd.io", name, "-o", "yaml")
    yield Step(f"See its values{f' for chart {chart}' if chart else ''}; where one decides it, set that", values)
    rendered = patches(situation, setting)
    yield Step(
        "Else add this to the HelmRelease's spec, and commit it", f"postRenderers: [{{kustomize: {{{rendered}}}}}]"
    )
    flux = command("flux", "reconcile", "helmrelease", name, *where)
    yield Step("Let Flux do it now, else it does at its interval", flux)


def _kustomize(owner: Owner, situation: Situation, setting: Setting) -> Iterator[Step]:
    del owner
    yield Step("Add this to kustomization.yaml", patches(situation, setting))
    yield Step("See the difference, then apply", "kubectl diff -k . ; kubectl apply -k .")


def _first(sources: object) -> Document:
    return as_mapping(sources[0]) if isinstance(sources, list) and sources else {}


# --- installers -------------------------------------------------------------------------------------------------------


def _kops(owner: Owner, situation: Situation, setting: Setting) -> Iterator[Step]:
    # CalicoNetworkingSpec (kubernetes/kops pkg/apis/kops/networking.go) has no field for a security context; kops'
    # own manifest says privileged: true of install-cni. What was applied is remembered as an annotation of the
    # namespace kube-system (channels/pkg/channels/channel_version.go); without it the addon is applied anew.
    yield Step(
        "kops edit cluster has no field for this: kops' own manifest says privileged: true of install-cni, so somebody "
        "took it away below kops. See when",
        _managed_fields(situation),
    )
    if setting.path != ("privileged",):
        yield Step(f"kops cannot set {setting.words}: prefer its own privileged: true, which suffices")
    yield Step("See what kops would change, then let it", "kops update cluster")
    yield Step("", "kops update cluster --yes")
    forgets = command("kubectl", "annotate", "namespace", "kube-system", f"addons.k8s.io/{owner.name}-")
    yield Step("If its manifest has not changed it applies nothing: let it forget what it applied", forgets)


def _kubespray(owner: Owner, situation: Situation, setting: Setting) -> Iterator[Step]:
    # roles/network_plugin/calico/tasks/install.yml: the template is written to kube_config_dir and applied from there.
    del owner, situation
    template = "roles/network_plugin/calico/templates/calico-node.yml.j2"
    words = f"kubespray's {template} says privileged: true of install-cni, and no variable decides it"
    yield Step(
        f"{words}. See whether your copy says otherwise", command("grep", "-n", "-A3", "securityContext", template)
    )
    if setting.path != ("privileged",):
        yield Step(f"Add {setting.words} to the container {setting.container} in {template}")
    play = ("ansible-playbook", "-i", "inventory/CLUSTER/hosts.yaml", "-b", "cluster.yml", "--tags", "network")
    yield Step("See what a run would change, then let it", command(*play, "--check", "--diff"))
    yield Step("", command(*play))
    rendered = "/etc/kubernetes/calico-node.yml"
    yield Step(
        f"What it applied lies on the first control-plane node: {rendered}", command("kubectl", "diff", "-f", rendered)
    )


def _addon_manager(owner: Owner, situation: Situation, setting: Setting) -> Iterator[Step]:
    del owner, situation
    folder = "/etc/kubernetes/addons"
    finds = command("sudo", "grep", "-rl", f"name: {setting.container}", folder)
    yield Step("On every control-plane node: find the file", finds)
    yield _edit(setting, f"{folder}/FILE")
    yield Step("It is applied within 60 s; until all control planes have it, the leader's file counts")


def _operator(owner: Owner, situation: Situation, setting: Setting) -> Iterator[Step]:
    del owner, setting
    yield Step(
        "The operator's own install-cni is privileged, and no field of the Installation takes it away: see why it does "
        "not reconcile",
        "kubectl get tigerastatus",
    )
    logs = command("kubectl", "-n", "tigera-operator", "logs", "deploy/tigera-operator", "--tail=100")
    yield Step("and read what it says", logs)
    if "+rke2" in situation.server_version:
        path = "/var/lib/rancher/rke2/server/manifests/rke2-calico-config.yaml"
        yield Step(f"On RKE2 the Installation comes from chart rke2-calico: change it in {path}, below installation:")
    else:
        yield Step("What the Installation can set is changed there", "kubectl edit installation default")


def _nothing_known(owner: Owner, situation: Situation, setting: Setting) -> Iterator[Step]:
    del situation
    yield Step(f"Make the change where {owner.words} is configured: {setting.container} needs {setting.words}")


def _managed_fields(situation: Situation) -> str:
    shown = ("get", "daemonset", situation.daemonset_name, "-o", "yaml", "--show-managed-fields")
    return command("kubectl", "-n", situation.namespace, *shown)


STEPS: Mapping[OwnerKind, Steps] = {
    "operator": _operator,
    "helm": _helm,
    "rke2-chart": _rke2_chart,
    "argocd": _argocd,
    "flux-kustomization": _kustomization,
    "flux-helmrelease": _helmrelease,
    "manifest-file": _manifest_file,
    "kops": _kops,
    "addon-manager": _addon_manager,
    "kubespray": _kubespray,
    "kustomize": _kustomize,
    "ansible": _nothing_known,
    "controller": _nothing_known,
    "other": _nothing_known,
}
