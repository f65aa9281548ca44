"""Who would revert a direct change, and where to make it instead."""

from __future__ import annotations

from collections.abc import Callable

from cnitui.domain.remedies.situation import Situation

_ADVICE: tuple[tuple[str, str], ...] = (
    (
        "Installation",
        (
            "the operator overwrites the whole DaemonSet at every event and every five minutes. Its own install-cni is "
            "privileged since v1.9, so find out why it is not reconciling: kubectl get tigerastatus; "
            "kubectl -n tigera-operator logs deploy/tigera-operator"
        ),
    ),
    ("Helm", "the next helm upgrade reverts it: change the chart's values or post-render the container, then upgrade"),
    ("Argo CD", "the next sync reverts it, at once with self-heal: commit the line in the application's repository"),
    ("Flux", "the next reconciliation reverts it: commit the line in the source repository (cnitui patch MANIFEST)"),
    ("Addon", "the addon manager reverts it: edit the addon's manifest on the control-plane nodes"),
    ("k3s", "the deploy controller reverts it: edit the manifest under server/manifests on the server nodes"),
    ("RKE2", "the Helm controller reverts it: set the chart's values in a HelmChartConfig"),
)
_UNKNOWN = "it may revert this change: make the change at the owner as well"


def owner_warnings(situation: Situation) -> tuple[str, ...]:
    """One warning per owner: that it will revert the change, and what to do there."""
    return tuple(f"{owner} owns this DaemonSet: {_advice(owner)}" for owner in situation.managers)


def owned_by(prefix: str) -> Callable[[Situation], bool]:
    """Whether an owner of that kind was recognised."""
    return lambda situation: any(owner.startswith(prefix) for owner in situation.managers)


def _advice(owner: str) -> str:
    return next((advice for prefix, advice in _ADVICE if owner.startswith(prefix)), _UNKNOWN)
