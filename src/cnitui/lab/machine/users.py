"""Who may do what: users, their rules, and the words of a refusal (the RBAC authorizer's)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnitui.lab.api.errors import ApiError

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object

READ = ("get", "list", "watch")


@dataclass(frozen=True)
class Rule:
    """As in a ClusterRole; `*` means any. `resources` name subresources as `pods/log`."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]

    def covers(self, verb: str, group: str, resource: str) -> bool:
        """Whether it grants this."""
        return (
            _in(verb, self.verbs)
            and _in(group, self.groups)
            and (_in(resource, self.resources) or f"*/{resource.partition('/')[2]}" in self.resources)
        )


def _in(value: str, allowed: tuple[str, ...]) -> bool:
    return "*" in allowed or value in allowed


BASIC = Rule(
    ("create",),
    ("authorization.k8s.io", "authentication.k8s.io"),
    ("selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"),
)
ADMIN = (Rule(("*",), ("*",), ("*",)),)
_VIEW_CORE = ("pods", "pods/log", "events", "configmaps", "services", "endpoints", "serviceaccounts", "namespaces")
_VIEW_APPS = ("daemonsets", "deployments", "replicasets", "controllerrevisions")
VIEW = (
    Rule(READ, ("",), _VIEW_CORE),
    Rule(READ, ("apps",), _VIEW_APPS),
    Rule(READ, ("batch",), ("jobs",)),
    Rule(READ, ("events.k8s.io", "discovery.k8s.io"), ("events", "endpointslices")),
)
NO_LOGS = (
    Rule(READ, ("",), ("pods", "nodes", "events", "namespaces", "services", "endpoints", "configmaps")),
    Rule(READ, ("apps",), _VIEW_APPS),
)


@dataclass
class User:
    """One identity; `token` where it signs in with one, `expired` makes that a 401."""

    name: str
    groups: tuple[str, ...]
    rules: tuple[Rule, ...]
    token: str = ""
    expired: bool = False
    denied: list[Rule] = field(default_factory=list)

    def may(self, verb: str, group: str, resource: str) -> bool:
        """The authorizer's answer."""
        if any(rule.covers(verb, group, resource) for rule in self.denied):
            return False
        return BASIC.covers(verb, group, resource) or any(r.covers(verb, group, resource) for r in self.rules)

    def listed_rules(self) -> list[Object]:
        """For SelfSubjectRulesReview."""
        return [
            {"verbs": list(rule.verbs), "apiGroups": list(rule.groups), "resources": list(rule.resources)}
            for rule in (BASIC, *self.rules)
        ]


def forbidden(user: User, verb: str, group: str, resource: str, namespace: str, name: str) -> ApiError:
    """403 in the authorizer's words."""
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    plural = resource.partition("/")[0]
    full = f"{plural}.{group}" if group else plural
    what = f'{full} "{name}"' if name else full
    message = (
        f'{what} is forbidden: User "{user.name}" cannot {verb} resource "{resource}" in API group "{group}" {where}'
    )
    details: Object = {"kind": plural} | ({"name": name} if name else {}) | ({"group": group} if group else {})
    return ApiError(403, message, details=details)
