"""create-rbac: the ServiceAccounts and bindings of Calico's manifest that are missing, made as the manifest has them.

Names and subjects are those of `manifests/calico.yaml` and `canal.yaml` of projectcalico/calico, the same in every
release that has them (calico-cni-plugin since v3.26). ClusterRoles are never made: their rules differ by release.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from types import MappingProxyType

from cnitui.domain.finding import Finding
from cnitui.domain.listing import listed
from cnitui.domain.plan import Access, Creation, DoesNotFit, Expectation, ObjectRef, Plan, Step
from cnitui.domain.remedies import probe_pod
from cnitui.domain.remedies.base import Fit, Fits, Planned, Remedy
from cnitui.domain.remedies.confinement import restart_of
from cnitui.domain.remedies.situation import Situation
from cnitui.domain.remedies.template import at

ID = "create-rbac"
CAUSES = ("rbac-forbidden", "serviceaccount-token")
RBAC = "rbac.authorization.k8s.io"
BINDINGS = {
    "calico-node": (("calico-node", "calico-node"),),
    "calico-cni-plugin": (("calico-cni-plugin", "calico-cni-plugin"),),
    "canal": (("canal-calico", "calico-node"), ("canal-flannel", "flannel")),
}
"""Of each account of the manifests: (name of the ClusterRoleBinding, its ClusterRole)."""

_NAMED = re.compile(
    r"serviceaccounts? \\?\"(?P<short>[a-z0-9.-]{1,63})\\?\"|"
    r"system:serviceaccount:[\w.-]{1,63}:(?P<user>[a-z0-9.-]{1,63})"
)
_MISSING = re.compile(r"serviceaccounts? \\?\"[a-z0-9.-]{1,63}\\?\" not found")


def _findings(situation: Situation) -> list[Finding]:
    return [found for found in situation.diagnosis.confident if found.cause in CAUSES and _concerns(found)]


def _concerns(found: Finding) -> bool:
    """A refusal by RBAC always; of the other causes of a bad token only an account that is not there."""
    quotes = [piece.quote for piece in found.judgement.evidence_for]
    return found.cause == CAUSES[0] or any(_MISSING.search(quote) for quote in quotes)


def _accounts(situation: Situation) -> tuple[str, ...]:
    """Those accounts of the manifests that the messages name, and the one that the pods run as."""
    quotes = (piece.quote for found in _findings(situation) for piece in found.judgement.evidence_for)
    named = [match["short"] or match["user"] for quote in quotes for match in _NAMED.finditer(quote)]
    own = at(situation.daemonset_object, ("spec", "template", "spec", "serviceAccountName"))
    return tuple(name for name in dict.fromkeys([str(own), *named]) if name in BINDINGS)


def _looks(situation: Situation) -> tuple[ObjectRef, ...]:
    accounts = _accounts(situation)
    pairs = [pair for name in accounts for pair in BINDINGS[name]]
    return (
        *(_account(situation, name) for name in accounts),
        *(_role(role) for _, role in pairs),
        *(_binding(binding) for binding, _ in pairs),
    )


def _account(situation: Situation, name: str) -> ObjectRef:
    return ObjectRef("", "v1", "serviceaccounts", "ServiceAccount", name, situation.namespace)


def _role(name: str) -> ObjectRef:
    return ObjectRef(RBAC, "v1", "clusterroles", "ClusterRole", name)


def _binding(name: str) -> ObjectRef:
    return ObjectRef(RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", name)


def _fit(situation: Situation) -> Fit:
    found = _findings(situation)
    if not found:
        return DoesNotFit(ID, "the API server refuses nobody for want of a role or an account")
    if any(owner.kind == "operator" for owner in situation.owners):
        return DoesNotFit(ID, "the operator makes these objects itself: see why it does not")
    return Fits(ID, f"{found[0].judgement.because}: what is missing of the manifest is looked for and made")


def _plan(situation: Situation) -> Planned:
    fit = _fit(situation)
    if isinstance(fit, DoesNotFit):
        return fit
    creations, refused = tuple(_creations(situation)), _why_not(situation)
    if refused or not creations:
        return DoesNotFit(ID, refused or _all_there(situation))
    failing = tuple(restart_of(pod) for pod in situation.failing)
    test_pod = probe_pod.choose(situation)
    return Plan(
        remedy=ID,
        title=f"Create {listed([creation.target.words for creation in creations])}",
        cause=_findings(situation)[0].cause,
        changes=(),
        creates=creations,
        deletes=failing,
        restarts=failing,
        access=(*_access(situation, creations), *(probe_pod.accesses(test_pod) if test_pod else ())),
        expectations=(
            Expectation("pods", "the failing pods come back and are Running"),
            Expectation("test-pod", "a test pod on a repaired node gets an address and runs"),
        ),
        test_pod=test_pod,
        rollout="The failing pods are deleted, each by its UID, so that their back-off ends; healthy pods stay.",
        undo_by_hand=" && ".join(_delete(creation.target) for creation in creations),
        facts=MappingProxyType({"daemonset": f"{situation.namespace}/{situation.daemonset_name}"}),
    )


def _creations(situation: Situation) -> Iterator[Creation]:
    for name in _accounts(situation):
        account = _account(situation, name)
        if situation.is_missing(account):
            yield _created(account, {"apiVersion": "v1", "kind": "ServiceAccount"})
        for binding, role in BINDINGS[name]:
            if situation.is_missing(_binding(binding)):
                yield _created(
                    _binding(binding),
                    {
                        "apiVersion": f"{RBAC}/v1",
                        "kind": "ClusterRoleBinding",
                        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
                        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": situation.namespace}],
                    },
                )


def _created(target: ObjectRef, body: dict[str, object]) -> Creation:
    metadata = {"name": target.name, **({"namespace": target.namespace} if target.namespace else {})}
    whole = {**body, "metadata": metadata}
    return Creation(target, whole, f"kubectl create -f - <<< '{json.dumps(whole)}'")


def _why_not(situation: Situation) -> str:
    """Why making accounts and bindings is not enough, "" when it may be."""
    accounts = _accounts(situation)
    roles = [role for name in accounts for _, role in BINDINGS[name]]
    absent = [role for role in roles if situation.is_missing(_role(role))]
    if absent:
        return (
            f"the ClusterRole {listed(absent)} is missing as well: its rules differ by release, so apply the manifest "
            f"of {_version(situation)}"
        )
    unread = [ref.words for ref in _looks(situation) if ref not in situation.seen]
    return f"{listed(unread)} could not be read, so what is missing is not known" if unread else ""


def _all_there(situation: Situation) -> str:
    names = listed(_accounts(situation)) or "Calico"
    return (
        f"the accounts and bindings of {names} are all there: the rules of the ClusterRole are of another release than "
        f"the image, or were trimmed, so apply those of {_version(situation)}"
    )


def _version(situation: Situation) -> str:
    return (situation.install.version if situation.install else "") or "the image's release"


def _access(situation: Situation, creations: Iterable[Creation]) -> Iterator[Access]:
    for creation in creations:
        target = creation.target
        yield Access("create", target.group, target.resource, target.namespace)
        if target.resource == "clusterrolebindings":  # who may not bind a role may not hand it out either
            role = str(at(creation.body, ("roleRef", "name")))
            yield Access("bind", RBAC, "clusterroles", "", role)
    if situation.failing:
        yield Access("delete", "", "pods", situation.namespace)


def _delete(target: ObjectRef) -> str:
    where = f"-n {target.namespace} " if target.namespace else ""
    return f"kubectl {where}delete {target.kind.lower()} {target.name}"


def _steps(situation: Situation) -> tuple[Step, ...]:
    planned = _plan(situation)
    if not isinstance(planned, Plan):
        return (Step(planned.why[:1].upper() + planned.why[1:]),)
    return tuple(Step(f"Create {creation.target.words}", creation.by_hand) for creation in planned.creates)


REMEDY = Remedy(
    id=ID,
    guide="",
    title="Create the missing accounts and role bindings",
    summary="Looks for the accounts and bindings of Calico's manifest and creates those that are missing.",
    trade_offs=(
        "Restores what the manifest says, no wider right than that.",
        "Makes no ClusterRole: the rules of a role differ by release.",
        "Where a role's rules are too few, this does not help; it says so.",
    ),
    risk="low: objects are created, none is changed; refused if one appears meanwhile",
    blast_radius="the failing pods, which are deleted so that their back-off ends",
    undo="cnitui undo deletes the objects it made, each by its UID",
    fit=_fit,
    steps=_steps,
    plan=_plan,
    looks=_looks,
)
