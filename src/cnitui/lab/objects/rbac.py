"""Calico's roles and bindings, and what the API server answers a request for a token by them.

The objects are those of Calico's manifest (projectcalico/calico manifests/calico.yaml@v3.27.0), the rules cut to what
is asked here. Evaluated as kubernetes `plugin/pkg/auth/authorizer/rbac` does; authorization comes before the account is
looked up (pkg/registry/core/serviceaccount/storage/token.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.objects import resources as r

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.store import Store

GROUP = "rbac.authorization.k8s.io"
_NODE_RULES: list[Object] = [
    {
        "apiGroups": [""],
        "resources": ["serviceaccounts/token"],
        "resourceNames": ["calico-cni-plugin"],
        "verbs": ["create"],
    },
    {"apiGroups": [""], "resources": ["pods", "nodes", "namespaces"], "verbs": ["get"]},
]
_CNI_RULES: list[Object] = [
    {"apiGroups": [""], "resources": ["pods", "nodes", "namespaces"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["pods/status"], "verbs": ["patch"]},
]


def objects() -> dict[str, tuple[r.Resource, Object]]:
    """`Kind/name` to what Calico's manifest has of it."""
    made: dict[str, tuple[r.Resource, Object]] = {}
    for name, rules in (("calico-node", _NODE_RULES), ("calico-cni-plugin", _CNI_RULES)):
        made[f"ClusterRole/{name}"] = (r.CLUSTER_ROLES, {"metadata": {"name": name}, "rules": [*rules]})
        made[f"ClusterRoleBinding/{name}"] = (
            r.CLUSTER_ROLE_BINDINGS,
            {
                "metadata": {"name": name},
                "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": name},
                "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "kube-system"}],
            },
        )
    return made


def token_refusal(store: Store, pod: Object, wanted: str) -> str:
    """What the API server says to a pod's account that asks for a token of account `wanted`; "" when it gives one."""
    account, namespace = pod["spec"].get("serviceAccountName", "default"), pod["metadata"]["namespace"]
    if not any(_allows(rule, wanted) for rule in _rules_of(store, account, namespace)):
        user = f"system:serviceaccount:{namespace}:{account}"
        return (
            f'serviceaccounts "{wanted}" is forbidden: User "{user}" cannot create resource "serviceaccounts/token" '
            f'in API group "" in the namespace "{namespace}"'
        )
    if store.find(r.SERVICE_ACCOUNTS.key, namespace, wanted) is None:
        return f'serviceaccounts "{wanted}" not found'
    return ""


def _rules_of(store: Store, account: str, namespace: str) -> Iterator[Object]:
    subject = ("ServiceAccount", account, namespace)
    for binding in store.all(r.CLUSTER_ROLE_BINDINGS.key):
        named = [(one["kind"], one["name"], one.get("namespace", "")) for one in binding.get("subjects") or ()]
        role = store.find(r.CLUSTER_ROLES.key, "", binding["roleRef"]["name"]) if subject in named else None
        yield from (role or {}).get("rules") or ()


def _allows(rule: Object, name: str) -> bool:
    names = rule.get("resourceNames") or [name]
    return "create" in rule["verbs"] and "serviceaccounts/token" in rule["resources"] and name in names
