"""When an owner takes a direct change back, and how to make the change at the owner instead.

Most appliers merge: what their source says otherwise is set back, and a field that it does not name is left alone.
`kubectl apply` (addon manager, kubespray), Helm 3 (pkg/kube/client.go `createPatch`) and wrangler (k3s, RKE2) do so by
a three-way merge, Flux, kops (channels/pkg/channels/kubectlapplier.go) and Helm 4 by server-side apply, and Argo CD
compares the same way (docs/user-guide/diff-strategies.md). The Tigera operator writes the whole spec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cnitui.domain.documents import as_mapping
from cnitui.domain.owners import Owner, OwnerKind
from cnitui.domain.plan import Step
from cnitui.domain.remedies.owner_steps import STEPS
from cnitui.domain.remedies.situation import Situation
from cnitui.domain.remedies.template import Setting, at

_MERGES = "what its source says otherwise is set back {when}; a line that the source does not have stays"


def owner_warnings(situation: Situation) -> tuple[str, ...]:
    """One warning per owner: what takes the change back, and when."""
    return tuple(f"{owner.words} owns this DaemonSet: {reverts(owner, situation)}" for owner in _owners(situation))


def lasting_steps(situation: Situation, setting: Setting) -> tuple[Step, ...]:
    """How the change is made at each owner, with file and command filled in; none without an owner."""
    return tuple(step for owner in _owners(situation) for step in STEPS[owner.kind](owner, situation, setting))


def reverts(owner: Owner, situation: Situation) -> str:
    """What takes a direct change back, and when."""
    return _REVERTS[owner.kind](owner, situation)


def _owners(situation: Situation) -> tuple[Owner, ...]:
    return tuple(owner for owner in situation.owners if owner.reverts)


def _merges(when: str) -> Callable[[Owner, Situation], str]:
    return lambda _owner, _situation: _MERGES.format(when=when)


def _argocd(owner: Owner, situation: Situation) -> str:
    spec = as_mapping(situation.source_of(owner).get("spec"))
    options = at(spec, ("syncPolicy", "syncOptions"))
    if isinstance(options, list) and "Replace=true" in options:
        return "its syncs replace the whole object (Replace=true): the change is gone with the next one"
    if not spec:
        return _MERGES.format(when="by its next sync, within seconds if self-heal is on")
    healed = at(spec, ("syncPolicy", "automated", "selfHeal")) is True
    return _MERGES.format(when="within seconds (self-heal is on)" if healed else "by its next sync (self-heal is off)")


def _kustomization(owner: Owner, situation: Situation) -> str:
    every = _interval(owner, situation)
    words = _MERGES.format(when=f"every {every}" if every else "at its interval")
    return f"{words}, unless kubectl wrote it (cnitui writes under its own name)"


def _helmrelease(owner: Owner, situation: Situation) -> str:
    mode = at(situation.source_of(owner), ("spec", "driftDetection", "mode"))
    every = _interval(owner, situation) or "its interval"
    if mode == "enabled":
        return _MERGES.format(when=f"every {every} (drift detection is enabled)")
    if situation.source_of(owner):
        return _MERGES.format(when="when its chart or values change next (drift detection is off)")
    return _MERGES.format(when="by its next upgrade, or at its interval where drift detection is enabled")


def _interval(owner: Owner, situation: Situation) -> str:
    found = at(situation.source_of(owner), ("spec", "interval"))
    return found[:20] if isinstance(found, str) else ""


_REVERTS: Mapping[OwnerKind, Callable[[Owner, Situation], str]] = {
    "operator": lambda _owner, _situation: (
        "the operator writes the whole DaemonSet at every event and every five minutes, so a patch is gone within "
        "seconds. Its own install-cni is privileged since v1.9: find out why it does not reconcile (kubectl get "
        "tigerastatus)"
    ),
    "helm": _merges("by the next helm upgrade or rollback, and by nothing before that"),
    "rke2-chart": _merges("when the chart or its values change: with a HelmChartConfig, or an upgrade of RKE2"),
    "argocd": _argocd,
    "flux-kustomization": _kustomization,
    "flux-helmrelease": _helmrelease,
    "manifest-file": _merges("when the file changes (it is looked at every 15 s) and whenever a server starts"),
    "kops": _merges("when kops' manifest of the addon changes: kops update cluster, an upgrade"),
    "addon-manager": _merges("every 60 s"),
    "kubespray": _merges("when the playbook runs again"),
    "kustomize": _merges("when the kustomization is applied again"),
    "ansible": _merges("when the playbook runs again"),
    "controller": lambda _owner, _situation: "that controller may write it again at any time",
    "other": lambda _owner, _situation: "it may revert this change: make the change at the owner as well",
}
