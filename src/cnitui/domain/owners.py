"""Who writes the DaemonSet, recognised by what each owner leaves on it.

What each leaves, and where that is said:

- operator: a controlling ownerReference to its Installation (tigera/operator pkg/controller/utils/component.go).
- Helm: annotations `meta.helm.sh/release-name` and `-namespace` (helm/helm pkg/action/validate.go). Chart templates
  often add the labels `app.kubernetes.io/managed-by: Helm` and `helm.sh/chart`, also when another tool renders them.
- Argo CD: annotation `argocd.argoproj.io/tracking-id`, `APPLICATION:GROUP/KIND:NAMESPACE/NAME`, where APPLICATION is
  `NAMESPACE_NAME` for applications outside Argo CD's own namespace (argoproj/argo-cd docs/user-guide/
  resource_tracking.md), or the label `argocd.argoproj.io/instance` where that was configured.
- Flux: labels `kustomize.toolkit.fluxcd.io/name` and `/namespace`, or those of `helm.toolkit.fluxcd.io` (fluxcd/pkg
  ssa/manager.go `SetOwnerLabels`, fluxcd/helm-controller internal/postrender).
- k3s and RKE2, files below server/manifests: annotations `objectset.rio.cattle.io/owner-gvk`, `-name`, `-namespace` of
  an `Addon` (rancher/wrangler pkg/apply/desiredset_apply.go, k3s-io/k3s pkg/deploy/controller.go).
- RKE2's own charts: Helm releases `rke2-canal` and `rke2-calico` in kube-system, made from a HelmChart
  (rancher/rke2-charts packages/rke2-canal, rancher/rke2-docs docs/add-ons/helm.md).
- kops: labels `addon.kops.k8s.io/name` and `app.kubernetes.io/managed-by: kops` (kubernetes/kops
  pkg/model/components/addonmanifests/remap.go).
- addon manager: label `addonmanager.kubernetes.io/mode` (kubernetes cmd/kube-addon-manager/README.md).
- kubespray: with an etcd datastore the pod template's annotation `kubespray.etcd-cert/serial`; else only
  `cluster_type: kubespray` in the ConfigMap calico-config (kubernetes-sigs/kubespray roles/network_plugin/calico/
  templates/calico-node.yml.j2, calico-config.yml.j2).
- kustomize: label `app.kubernetes.io/managed-by: kustomize-VERSION`, when buildMetadata asks for it (kustomize
  api/konfig/general.go). Ansible: no mark of its own; its Kubernetes modules write as the Python client does, whose
  field manager is `OpenAPI-Generator`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from cnitui.domain.plan import ObjectRef
from cnitui.late_dataclass import dataclass

OwnerKind = Literal[
    "operator", "helm", "rke2-chart", "argocd", "flux-kustomization", "flux-helmrelease", "manifest-file", "kops",
    "addon-manager", "kubespray", "kustomize", "ansible", "controller", "other",
]  # fmt: skip
RKE2_CHARTS = frozenset({"rke2-canal", "rke2-calico"})
ARGOCD = "argocd"
"""The namespace Argo CD is installed in unless somebody chose another."""

_FLUX: tuple[tuple[str, OwnerKind], ...] = (
    ("kustomize.toolkit.fluxcd.io", "flux-kustomization"),
    ("helm.toolkit.fluxcd.io", "flux-helmrelease"),
)
_MANAGED_BY = "app.kubernetes.io/managed-by"
_WRANGLER = "objectset.rio.cattle.io/owner-"
_WRITERS: tuple[tuple[str, OwnerKind], ...] = (
    ("argocd", "argocd"),
    ("kustomize-controller", "flux-kustomization"),
    ("helm-controller", "flux-helmrelease"),
    ("deploy@", "manifest-file"),
    ("OpenAPI-Generator", "ansible"),
)
"""Field managers of appliers that leave no other mark, by the beginning of their names."""
_WORDS: Mapping[OwnerKind, str] = {
    "helm": "Helm release",
    "rke2-chart": "RKE2 chart",
    "argocd": "Argo CD application",
    "flux-kustomization": "Flux Kustomization",
    "flux-helmrelease": "Flux HelmRelease",
    "manifest-file": "k3s/RKE2 manifest",
    "kops": "kops addon",
    "addon-manager": "Addon manager",
    "kubespray": "kubespray",
    "kustomize": "kustomize",
    "ansible": "Ansible or another Python client",
}


@dataclass(frozen=True, slots=True)
class Owner:
    """What writes the DaemonSet: its object's `name` and `namespace` as far as they are told.

    `detail` is the chart of a release (`calico-v3.27.0`), the mode of the addon manager, or the kind of a controller.
    """

    kind: OwnerKind
    name: str = ""
    namespace: str = ""
    detail: str = ""

    @property
    def words(self) -> str:
        """`Helm release calico`, `Installation/default`."""
        if self.kind in ("operator", "controller"):
            return f"{self.detail}/{self.name}"
        if self.kind == "other":
            return self.name
        if self.kind == "addon-manager":
            return f"{_WORDS[self.kind]} {self.detail}".rstrip()
        return f"{_WORDS[self.kind]} {self.name}".rstrip()

    @property
    def reverts(self) -> bool:
        """Whether it may write the object again by itself, or when somebody runs it as they do."""
        return not (self.kind == "addon-manager" and self.detail == "EnsureExists") and self.kind != "ansible"

    @property
    def reference(self) -> ObjectRef | None:
        """The object that says where the owner's source lies; None where there is none, or its name is not known."""
        if not self.name:
            return None
        name, namespace = self.name, self.namespace
        if self.kind == "argocd":
            return ObjectRef("argoproj.io", "v1alpha1", "applications", "Application", name, namespace or ARGOCD)
        if self.kind == "flux-kustomization":
            return ObjectRef("kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "Kustomization", name, namespace)
        if self.kind == "flux-helmrelease":
            return ObjectRef("helm.toolkit.fluxcd.io", "v2", "helmreleases", "HelmRelease", name, namespace)
        if self.kind == "manifest-file":
            return ObjectRef("k3s.cattle.io", "v1", "addons", "Addon", name, namespace or "kube-system")
        if self.kind == "rke2-chart":
            return ObjectRef("helm.cattle.io", "v1", "helmchartconfigs", "HelmChartConfig", name, "kube-system")
        return None


def recognised(
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    controllers: Sequence[tuple[str, str]] = (),
    writers: Sequence[str] = (),
    template_annotations: Mapping[str, str] | None = None,
) -> tuple[Owner, ...]:
    """The owners of an object, by its metadata; `controllers` are (kind, name) of its ownerReferences.

    Who renders a Helm chart leaves Helm's marks as well: then it is the owner, not Helm.
    """
    marked = list(_marked(labels, annotations, controllers, template_annotations or {}))
    kinds = {owner.kind for owner in marked}
    marked += [Owner(kind) for kind in dict.fromkeys(_written(writers)) if not _same(kind, kinds)]
    if not marked and (manager := labels.get(_MANAGED_BY)):
        marked.append(Owner("other", manager))
    others = kinds - {"helm", "operator", "controller"}
    return tuple(dict.fromkeys(owner for owner in marked if owner.kind != "helm" or not others))


def _marked(
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    controllers: Sequence[tuple[str, str]],
    template: Mapping[str, str],
) -> Iterator[Owner]:
    for kind, controller in controllers:
        yield Owner("operator" if kind == "Installation" else "controller", controller, detail=kind)
    yield from _helm(labels, annotations)
    yield from _argocd(labels, annotations)
    for group, flux in _FLUX:
        if f"{group}/name" in labels:
            yield Owner(flux, labels[f"{group}/name"], labels.get(f"{group}/namespace", ""))
    if name := annotations.get(f"{_WRANGLER}name"):
        yield Owner("manifest-file", name, annotations.get(f"{_WRANGLER}namespace", ""))
    if name := labels.get("addon.kops.k8s.io/name"):
        yield Owner("kops", name)
    if "addonmanager.kubernetes.io/mode" in labels:
        yield Owner("addon-manager", detail=labels["addonmanager.kubernetes.io/mode"])
    if any(key.startswith("kubespray.") for key in template):
        yield Owner("kubespray")
    if labels.get(_MANAGED_BY, "").startswith("kustomize"):
        yield Owner("kustomize")


def _helm(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Iterator[Owner]:
    chart = labels.get("helm.sh/chart", "")
    name, namespace = (
        annotations.get("meta.helm.sh/release-name"),
        annotations.get("meta.helm.sh/release-namespace", ""),
    )
    if name is not None and name in RKE2_CHARTS:
        yield Owner("rke2-chart", name, namespace, chart)
    elif name is not None:
        yield Owner("helm", name, namespace, chart)
    elif labels.get(_MANAGED_BY) == "Helm":
        yield Owner("helm", labels.get("app.kubernetes.io/instance") or labels.get("release") or "", detail=chart)


def _argocd(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Iterator[Owner]:
    name = annotations.get("argocd.argoproj.io/tracking-id", "").partition(":")[0]
    name = name or labels.get("argocd.argoproj.io/instance", "")
    if name:
        namespace, underscore, inner = name.partition("_")  # neither a namespace nor a name may contain one
        yield Owner("argocd", inner, namespace) if underscore else Owner("argocd", name)


def _written(writers: Sequence[str]) -> Iterator[OwnerKind]:
    for beginning, kind in _WRITERS:
        if any(writer.startswith(beginning) for writer in writers):
            yield kind


def _same(kind: OwnerKind, known: set[OwnerKind]) -> bool:
    """Whether an owner of that kind, or of the same project, is known by better marks."""
    return kind in known or (kind.startswith("flux") and any(one.startswith("flux") for one in known))
