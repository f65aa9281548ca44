"""Requests that a server refuses, and in which words (v1.35.4), after `c`, `d` and `p` were created."""

from __future__ import annotations

from typing import Any

from tests.realcluster.contract import (
    APPLY,
    MAPS,
    MERGE,
    PATCH,
    PODS,
    PROTOBUF,
    REVIEW,
    SETS,
    STRATEGIC,
    config_map,
    template,
)

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
CONFLICT = f'Operation cannot be fulfilled on configmaps "c": {MODIFIED}'
REJECTED = "the server rejected our request due to an error in our request"
FORMAT = "the body of the request was in an unknown format - accepted media types include"
NO_RESOURCE = "the server could not find the requested resource"
NOT_ALLOWED = "the server does not allow this method on the requested resource"
LIST = 'ListOptions.meta.k8s.io "" is invalid: '
MATCH = "resourceVersionMatch: Forbidden: "
LOG = 'PodLogOptions "p" is invalid: '
INT = 'strconv.ParseInt: parsing "x": invalid syntax'

Told = tuple[int, str, str]
Asked = tuple[Any, ...]
"""method, path, and perhaps body and content type."""

REFUSALS: list[tuple[Asked, Told]] = [
    # names, kinds, bodies
    (("POST", MAPS, config_map("c")), (409, "AlreadyExists", 'configmaps "c" already exists')),
    (("POST", f"{MAPS}?dryRun=All", config_map("c")), (409, "AlreadyExists", 'configmaps "c" already exists')),
    (("POST", f"{MAPS}?dryRun=No", config_map("d")), (422, "Invalid",
        'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["No"]: supported values: "All"')),
    (("POST", MAPS, b""), (400, "BadRequest", ("the object provided is unrecognized (must be of type ConfigMap): "
        "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"))),
    (("POST", MAPS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "d"}}), (400, "BadRequest",
        ('Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): '
        "unknown conversion"))),
    (("POST", MAPS, {"metadata": {}}), (422, "Invalid",
        'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required')),
    (("POST", "/api/v1/namespaces/no/configmaps", config_map("d")), (404, "NotFound", 'namespaces "no" not found')),
    (("POST", MAPS, {"metadata": {"name": "d", "namespace": "no"}}), (400, "BadRequest",
        "the namespace of the provided object does not match the namespace sent on the request")),
    (("POST", MAPS, b"x", "application/foo"), (415, "UnsupportedMediaType",
        f"{FORMAT}: application/json, application/yaml, {PROTOBUF}")),
    (("GET", f"{MAPS}/no"), (404, "NotFound", 'configmaps "no" not found')),
    (("GET", f"{SETS}/no"), (404, "NotFound", 'daemonsets.apps "no" not found')),
    (("GET", "/api/v1/foos"), (404, "NotFound", NO_RESOURCE)),
    (("GET", "/apis/none.io/v1/foos"), (404, "", "404 page not found\n")),
    (("POST", f"{MAPS}/c", {}), (405, "MethodNotAllowed", NOT_ALLOWED)),
    (("PUT", MAPS, {}), (405, "MethodNotAllowed", NOT_ALLOWED)),
    # versions and preconditions
    (("PATCH", f"{MAPS}/c", {"metadata": {"resourceVersion": "1"}}, MERGE), (409, "Conflict", CONFLICT)),
    (("PUT", f"{MAPS}/c", {"metadata": {"name": "c", "resourceVersion": "1"}}), (409, "Conflict", CONFLICT)),
    (("PUT", f"{MAPS}/c", {"metadata": {"name": "d"}}), (400, "BadRequest",
        "the name of the object (d) does not match the name on the URL (c)")),
    (("PUT", f"{MAPS}/c", {"metadata": {}}), (400, "BadRequest",
        "the name of the object (c based on URL) was undeterminable: name must be provided")),
    (("DELETE", f"{MAPS}/c", {"propagationPolicy": "No"}), (422, "Invalid",
        ('DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "No": supported values: '
        '"Foreground", "Background", "Orphan", "nil"'))),
    # patches
    (("PATCH", f"{MAPS}/c", [{"op": "test", "path": "/data/k", "value": "x"}], PATCH), (422, "Invalid", REJECTED)),
    (("PATCH", f"{MAPS}/c", [{"op": "remove", "path": "/data/no"}], PATCH), (422, "Invalid", REJECTED)),
    (("PATCH", f"{MAPS}/c", [{"op": "no", "path": "/data/k"}], PATCH), (422, "Invalid", REJECTED)),
    (("PATCH", f"{MAPS}/c", {}, PATCH), (400, "BadRequest",
        "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp")),
    (("PATCH", f"{MAPS}/c", {}, "text/plain"), (415, "UnsupportedMediaType", "415: Unsupported Media Type")),
    (("PATCH", "/apis/crd.projectcalico.org/v1/ippools/x", {}, STRATEGIC), (415, "UnsupportedMediaType",
        f"{FORMAT}: {PATCH}, {MERGE}, {APPLY}")),
    (("PATCH", f"{MAPS}/no", {}, MERGE), (404, "NotFound", 'configmaps "no" not found')),
    (("PATCH", f"{MAPS}/c?force=true", {}, MERGE), (422, "Invalid",
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch')),
    (("PATCH", f"{MAPS}/c", {}, APPLY), (422, "Invalid",
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch')),
    (("PATCH", f"{SETS}/d", template(initContainers=[{"name": "no"}]), STRATEGIC), (422, "Invalid",
        'DaemonSet.apps "d" is invalid: spec.template.spec.initContainers[0].image: Required value')),
    (("PATCH", f"{SETS}/d", template(initContainers=[{"image": "x"}]), STRATEGIC), (500, "",
        "map: map[image:x] does not contain declared merge key: name")),
    (("PATCH", f"{SETS}/d", {"spec": {"template": {"metadata": {"labels": {"a": "c"}}}}}, STRATEGIC), (422, "Invalid",
        ('DaemonSet.apps "d" is invalid: spec.template.metadata.labels: Invalid value: {"a":"c"}: `selector` does not '
        "match template `labels`"))),
    (("PATCH", f"{SETS}/d", template(containers=[{"name": "c", "securityContext": {"privileged": "x"}}]), STRATEGIC),
        (422, "Invalid", (' "" is invalid: patch: Invalid value: "map[spec:map[template:map[spec:map[containers:['
        'map[name:c securityContext:map[privileged:x]]]]]]]": unrecognized type: bool'))),
    # lists and watches
    (("GET", f"{MAPS}?limit=x"), (400, "BadRequest", INT)),
    (("GET", f"{PODS}?fieldSelector=spec.x%3Dy"), (400, "BadRequest", "field label not supported: spec.x")),
    (("GET", f"{MAPS}?fieldSelector=spec.x%3Dy"), (400, "BadRequest",
        '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"')),
    (("GET", f"{MAPS}?labelSelector=a%3Db,,"), (400, "BadRequest", "found ',', expected: identifier after ','")),
    (("GET", f"{MAPS}?labelSelector=a+x+b"), (400, "BadRequest",
        "unable to parse requirement: found 'x', expected: in, notin, =, ==, !=, gt, lt")),
    (("GET", f"{MAPS}?labelSelector=a+in+(b"), (400, "BadRequest",
        "unable to parse requirement: found '', expected: ',' or ')'")),
    (("GET", f"{MAPS}?resourceVersion=x"), (400, "BadRequest", ('invalid resource version: resourceVersion: '
        'Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'))),
    (("GET", f"{MAPS}?watch=1&resourceVersion=x"), (500, "",
        'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax')),
    (("GET", f"{MAPS}?resourceVersionMatch=Exact"), (422, "Invalid",
        f"{LIST}{MATCH}resourceVersionMatch is forbidden unless resourceVersion is provided")),
    (("GET", f"{MAPS}?sendInitialEvents=true"), (422, "Invalid",
        f"{LIST}sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list")),
    (("GET", f"{MAPS}?watch=1&sendInitialEvents=true"), (422, "Invalid",
        f"{LIST}{MATCH}sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")),
    (("GET", f"{MAPS}?watch=1&resourceVersionMatch=NotOlderThan"), (422, "Invalid",
        f"{LIST}{MATCH}resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")),
    # logs and evictions
    (("GET", f"{PODS}/no/log"), (404, "NotFound", 'pods "no" not found')),
    (("GET", f"{PODS}/p/log?container=no"), (400, "BadRequest", "container no is not valid for pod p")),
    (("GET", f"{PODS}/p/log?tailLines=-1"), (422, "Invalid",
        f"{LOG}tailLines: Invalid value: -1: must be greater than or equal to 0")),
    (("GET", f"{PODS}/p/log?tailLines=x"), (400, "BadRequest", INT)),
    (("GET", f"{PODS}/p/log?limitBytes=0"), (422, "Invalid",
        f"{LOG}limitBytes: Invalid value: 0: must be greater than 0")),
    (("GET", f"{PODS}/p/log?sinceSeconds=5&sinceTime=2020-01-01T00:00:00Z"), (422, "Invalid",
        f"{LOG}[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified")),
    (("GET", f"{PODS}/p/log"), (204, "", "")),
    (("POST", f"{PODS}/p/eviction", {"metadata": {"name": "x"}}), (400, "BadRequest",
        "name in URL does not match name in Eviction object")),
    (("POST", REVIEW, {"spec": {}}), (422, "Invalid", ('.authorization.k8s.io "" is invalid: spec.resourceAttributes: '
        "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"))),
]  # fmt: skip
