"""What a request brings: JSON, YAML or protobuf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cnitui.lab.api import protobuf
from cnitui.lab.api.errors import ApiError

if TYPE_CHECKING:
    from cnitui.lab.api.call import Call
    from cnitui.lab.jsontypes import Object


def read_body(call: Call) -> Any:
    """The request's JSON, YAML or protobuf as its Content-Type says; 400 when it is not, 415 for what is not read."""
    if not call.body:
        return {}
    kind = call.headers.get("Content-Type", "")
    if kind.startswith(protobuf.CONTENT_TYPE):
        return protobuf.decode(call.body)
    if "yaml" in kind:
        return read_yaml(call.body)
    if kind and "json" not in kind:
        raise protobuf.unsupported(also=call.resource.group != "crd.projectcalico.org")
    try:
        return msgspec.json.decode(call.body)
    except msgspec.DecodeError as error:
        raise ApiError(400, f"error decoding the request body: {error}") from error


def read_yaml(body: bytes) -> Any:
    """The YAML of a body; 400 when it is none."""
    import yaml

    try:
        return yaml.safe_load(body)
    except yaml.YAMLError as error:
        raise ApiError(400, f"error decoding YAML: error converting YAML to JSON: yaml: {error}") from error


def read_object(call: Call) -> Object:
    """The body of a create or an update: an object of the resource's kind, 400 otherwise."""
    kind = call.resource.kind
    broken = (
        f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error"
    )
    if not call.body:
        raise ApiError(400, f"{broken}: unexpected end of JSON input (<empty>)")
    try:
        body = read_body(call)
    except ApiError as error:
        if error.code == 415 or not error.message.startswith("error decoding the request body"):
            raise
        raise ApiError(400, f"{broken}: {error.message} ({call.body[:80].decode(errors='replace')})") from error
    if not isinstance(body, dict):
        raise ApiError(400, f"{broken}: json: cannot unmarshal into Go value of type struct")
    if body.get("kind", kind) != kind and not call.subresource:
        given, version = body["kind"], body.get("apiVersion", "")
        why = f"converting ({version}.{given}) to (core.{kind}): unknown conversion"
        raise ApiError(400, f'{given} in version "{version}" cannot be handled as a {kind}: {why}')
    return body
