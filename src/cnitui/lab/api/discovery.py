"""What clients read before they ask for anything: groups, resources, version, and the OpenAPI they need.

The OpenAPI holds paths only, with the query parameters of writes: that is what kubectl looks up to know that the server
validates fields and dry-runs. It has no schemas, so `kubectl explain` has nothing to show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.api.errors import no_such_path
from cnitui.lab.objects.resources import RESOURCES, Resource, group_versions

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def version(kubernetes: str) -> Object:
    """`/version`."""
    major, minor = kubernetes.lstrip("v").split(".")[:2]
    return {
        "major": major,
        "minor": minor,
        "gitVersion": kubernetes,
        "gitCommit": "9edcffcde5595e8a5b1a35f88c421764e575afce",
        "gitTreeState": "clean",
        "buildDate": "2024-08-13T07:28:49Z",
        "goVersion": "go1.22.5",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def legacy_versions(address: str) -> Object:
    """`/api`."""
    cidrs = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": cidrs}


def groups() -> Object:
    """`/apis`."""
    listed = [_group(group, version) for group, version in group_versions() if group]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}


def _group(group: str, version: str) -> Object:
    served = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [served], "preferredVersion": served}


def group(name: str) -> Object:
    """`/apis/GROUP`."""
    for known, version in group_versions():
        if known and known == name:
            return {"kind": "APIGroup", "apiVersion": "v1"} | _group(known, version)
    raise no_such_path()


def resource_list(name: str, version: str) -> Object:
    """`/api/v1` or `/apis/GROUP/VERSION`."""
    served = [r for r in RESOURCES if (r.group, r.version) == (name, version)]
    if not served:
        raise no_such_path()
    listed: list[Object] = []
    for resource in served:
        listed.append(_plain(resource))
        listed += [_plain_sub(resource, sub) for sub in resource.subresources]
    full = f"{name}/{version}" if name else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": full, "resources": listed}


def _plain(resource: Resource) -> Object:
    entry: Object = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    entry |= {"shortNames": list(resource.short)} if resource.short else {}
    return entry | ({"categories": list(resource.categories)} if resource.categories else {})


def _plain_sub(resource: Resource, sub: str) -> Object:
    return {
        "name": f"{resource.plural}/{sub}",
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": _sub_verbs(sub),
    }


def _sub_verbs(sub: str) -> list[str]:
    return {"log": ["get"], "eviction": ["create"]}.get(sub, ["get", "patch", "update"])


def aggregated(*, core: bool) -> Object:
    """`/api` or `/apis` in the form that answers everything in one request (apidiscovery.k8s.io/v2)."""
    wanted = [(group, version) for group, version in group_versions() if bool(group) != core]
    items = [
        {
            "metadata": {"name": group} if group else {},
            "versions": [
                {
                    "version": version,
                    "resources": [_discovered(r) for r in RESOURCES if (r.group, r.version) == (group, version)],
                    "freshness": "Current",
                }
            ],
        }
        for group, version in wanted
    ]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _discovered(resource: Resource) -> Object:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    entry: Object = {
        "resource": resource.plural,
        "responseKind": kind,
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    entry |= {"shortNames": list(resource.short)} if resource.short else {}
    entry |= {"categories": list(resource.categories)} if resource.categories else {}
    if resource.subresources:
        subs = [{"subresource": s, "responseKind": kind, "verbs": _sub_verbs(s)} for s in resource.subresources]
        entry["subresources"] = subs
    return entry


def openapi_index() -> Object:
    """`/openapi/v3`."""
    paths = {(f"apis/{g}/{v}" if g else f"api/{v}"): g for g, v in group_versions()}
    return {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}?hash=LAB"} for path in paths}}


def openapi_document(path: str) -> Object:
    """`/openapi/v3/api/v1` and the like."""
    parts = path.split("/")
    name, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
    served = [r for r in RESOURCES if (r.group, r.version) == (name, version) and "patch" in r.verbs]
    paths = {}
    for resource in served:
        where = "namespaces/{namespace}/" if resource.namespaced else ""
        paths[f"/{path}/{where}{resource.plural}/{{name}}"] = {"patch": _patch_operation(resource)}
        paths[f"/{path}/{where}{resource.plural}"] = {"post": _patch_operation(resource)}
    info = {"title": "Kubernetes", "version": "lab"}
    return {"openapi": "3.0.0", "info": info, "paths": paths}


def _patch_operation(resource: Resource) -> Object:
    names = ("dryRun", "fieldManager", "fieldValidation")
    parameters = [{"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}} for name in names]
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    return {"parameters": parameters, "responses": {}, "x-kubernetes-group-version-kind": kind}
