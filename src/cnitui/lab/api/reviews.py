"""Reviews: "may I", "what may I", "who am I"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.api.objects import read_body
from cnitui.lab.objects.resources import SELF_ACCESS, SELF_RULES

if TYPE_CHECKING:
    from cnitui.lab.api.call import Call
    from cnitui.lab.jsontypes import Object


def review(call: Call) -> Object:
    """The answer to any of the three self reviews."""
    body = read_body(call)
    kind = {"kind": call.resource.kind, "apiVersion": call.resource.api_version, "metadata": body.get("metadata") or {}}
    spec = body.get("spec") or {}
    if call.resource is SELF_ACCESS:
        return kind | {"spec": spec, "status": _access(call, spec)}
    if call.resource is SELF_RULES:
        rules = call.user.listed_rules()
        paths = [
            "/api",
            "/api/*",
            "/apis",
            "/apis/*",
            "/healthz",
            "/livez",
            "/openapi",
            "/openapi/*",
            "/readyz",
            "/version",
        ]
        other = [{"verbs": ["get"], "nonResourceURLs": paths}]
        status = {"resourceRules": rules, "nonResourceRules": other, "incomplete": False}
        return kind | {"spec": spec, "status": status}
    info = {"username": call.user.name, "groups": [*call.user.groups, "system:authenticated"]}
    return kind | {"status": {"userInfo": info}}


def _access(call: Call, spec: Object) -> Object:
    asked = spec.get("resourceAttributes")
    if asked is None:
        return {"allowed": True}
    resource = asked.get("resource", "") + (f"/{asked['subresource']}" if asked.get("subresource") else "")
    allowed = call.user.may(asked.get("verb", ""), asked.get("group", ""), resource)
    if allowed and "system:masters" in call.user.groups:
        return {"allowed": True}
    return {"allowed": allowed} | ({"reason": "RBAC: allowed by ClusterRoleBinding"} if allowed else {})
