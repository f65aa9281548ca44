"""Reviews: "may I", "what may I", "who am I"."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from cnitui.lab.api.bodies import read_body
from cnitui.lab.api.errors import ApiError, invalid
from cnitui.lab.objects.resources import SELF_ACCESS, SELF_RULES

if TYPE_CHECKING:
    from cnitui.lab.api.call import Call
    from cnitui.lab.jsontypes import Object


_OPEN = ("/healthz", "/livez", "/readyz", "/version", "/version/")
_DISCOVERY = ("/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", *_OPEN)
"""What ClusterRole `system:discovery` lets every authenticated user read."""


def review(call: Call) -> Object:
    """The answer to any of the three self reviews; 400 or 422 for a question that names nothing."""
    body = read_body(call)
    kind = {"kind": call.resource.kind, "apiVersion": call.resource.api_version, "metadata": body.get("metadata") or {}}
    spec = body.get("spec") or {}
    if call.resource is SELF_ACCESS:
        return kind | {"spec": spec, "status": _access(call, spec)}
    if call.resource is SELF_RULES:
        if not spec.get("namespace"):
            raise ApiError(400, "no namespace on request")
        rules = [{"verbs": ["get"], "nonResourceURLs": sorted(paths)} for paths in (_OPEN, _DISCOVERY)]
        status = {"resourceRules": call.user.listed_rules(), "nonResourceRules": rules, "incomplete": False}
        return kind | {"spec": {}, "status": status}
    info = {"username": call.user.name, "groups": [*call.user.groups, "system:authenticated"]}
    return kind | {"status": {"userInfo": info}}


def _access(call: Call, spec: Object) -> Object:
    asked, path = spec.get("resourceAttributes"), (spec.get("nonResourceAttributes") or {}).get("path", "")
    if (asked is None) == (not spec.get("nonResourceAttributes")):
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        group = call.resource.group
        raise invalid("", group, "", [("spec.resourceAttributes", f"Invalid value: null: {why}")])
    if asked is None:
        allowed = "system:masters" in call.user.groups or any(fnmatchcase(path, one) for one in _DISCOVERY)
    else:
        resource = asked.get("resource", "") + (f"/{asked['subresource']}" if asked.get("subresource") else "")
        allowed = call.user.may(asked.get("verb", ""), asked.get("group", ""), resource)
    if not allowed or "system:masters" in call.user.groups:
        return {"allowed": allowed}
    role = call.user.name if asked else "system:discovery"
    to = f'User "{call.user.name}"' if asked else 'Group "system:authenticated"'
    return {"allowed": True, "reason": f'RBAC: allowed by ClusterRoleBinding "{role}" of ClusterRole "{role}" to {to}'}
