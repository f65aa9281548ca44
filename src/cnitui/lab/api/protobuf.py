"""Request bodies in Kubernetes' protobuf, as today's typed clients post them: reviews, options, and small objects.

kubectl (since 1.32) and k9s post reviews so, and client-go has no way back from it: on 415 it falls back from CBOR
alone (`rest/client.go`, UnsupportedMediaType). Answers stay JSON, which every client accepts beside it. What is not in
the table below is refused with 415, as the API server refuses protobuf for custom resources.

The envelope is `k8s\\0` and a `runtime.Unknown` (apimachinery `pkg/runtime/serializer/protobuf`); the numbers are those
of `generated.proto` in k8s.io/api and k8s.io/apimachinery, v0.35.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from cnitui.lab.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnitui.lab.jsontypes import Object

CONTENT_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SERVERS = ("", "ignored")
"""What the server fills in whatever a client sends."""

Field = tuple[str, str]
"""JSON name, and type: a scalar, a message of this table, `list TYPE` or `map TYPE`."""

_MESSAGES: dict[str, dict[int, Field]] = {
    "SelfSubjectAccessReview": {
        1: ("metadata", "ObjectMeta"), 2: ("spec", "SelfSubjectAccessReviewSpec"), 3: _SERVERS,
    },
    "SelfSubjectAccessReviewSpec": {
        1: ("resourceAttributes", "ResourceAttributes"), 2: ("nonResourceAttributes", "NonResourceAttributes"),
    },
    "ResourceAttributes": {
        1: ("namespace", "string"), 2: ("verb", "string"), 3: ("group", "string"), 4: ("version", "string"),
        5: ("resource", "string"), 6: ("subresource", "string"), 7: ("name", "string"),
    },
    "NonResourceAttributes": {1: ("path", "string"), 2: ("verb", "string")},
    "SelfSubjectRulesReview": {1: ("metadata", "ObjectMeta"), 2: ("spec", "SelfSubjectRulesReviewSpec"), 3: _SERVERS},
    "SelfSubjectRulesReviewSpec": {1: ("namespace", "string")},
    "SelfSubjectReview": {1: ("metadata", "ObjectMeta"), 2: _SERVERS},
    "DeleteOptions": {
        1: ("gracePeriodSeconds", "integer"), 2: ("preconditions", "Preconditions"), 3: ("orphanDependents", "boolean"),
        4: ("propagationPolicy", "string"), 5: ("dryRun", "list string"), 6: _SERVERS,
    },
    "Preconditions": {1: ("uid", "string"), 2: ("resourceVersion", "string")},
    "Eviction": {1: ("metadata", "ObjectMeta"), 2: ("deleteOptions", "DeleteOptions")},
    "Namespace": {1: ("metadata", "ObjectMeta"), 2: _SERVERS, 3: _SERVERS},
    "ServiceAccount": {1: ("metadata", "ObjectMeta"), 4: ("automountServiceAccountToken", "boolean")},
    "ConfigMap": {
        1: ("metadata", "ObjectMeta"), 2: ("data", "map string"), 3: ("binaryData", "map bytes"),
        4: ("immutable", "boolean"),
    },
    "Secret": {
        1: ("metadata", "ObjectMeta"), 2: ("data", "map bytes"), 3: ("type", "string"), 4: ("stringData", "map string"),
        5: ("immutable", "boolean"),
    },
    "ObjectMeta": {
        1: ("name", "string"), 2: ("generateName", "string"), 3: ("namespace", "string"), 4: _SERVERS,
        5: ("uid", "string"), 6: ("resourceVersion", "string"), 7: _SERVERS, 8: _SERVERS, 9: _SERVERS, 10: _SERVERS,
        11: ("labels", "map string"), 12: ("annotations", "map string"), 13: ("ownerReferences", "list OwnerReference"),
        14: ("finalizers", "list string"), 17: _SERVERS,
    },
    "OwnerReference": {
        1: ("kind", "string"), 3: ("name", "string"), 4: ("uid", "string"), 5: ("apiVersion", "string"),
        6: ("controller", "boolean"), 7: ("blockOwnerDeletion", "boolean"),
    },
}  # fmt: skip


def decode(body: bytes) -> Object:
    """The object as JSON would have it; 415 for a kind that is not decoded here, 400 for bytes that are no protobuf."""
    if not body.startswith(_MAGIC):
        raise ApiError(400, "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        envelope = {number: value for number, value in _fields(body[len(_MAGIC) :]) if isinstance(value, bytes)}
        about = {number: bytes(value).decode() for number, value in _fields(envelope.get(1, b"")) if value}
        kind = about.get(2, "")
        if kind not in _MESSAGES:
            raise unsupported()
        return {"apiVersion": about.get(1, ""), "kind": kind} | _message(kind, envelope.get(2, b""))
    except (IndexError, UnicodeDecodeError, TypeError) as error:
        raise ApiError(400, "proto: illegal wireType or unexpected EOF") from error


def unsupported(*, also: bool = False) -> ApiError:
    """415 for a body's media type, in the words a custom resource has for protobuf; `also` where protobuf would do."""
    text = "the body of the request was in an unknown format - accepted media types include: "
    return ApiError(415, f"{text}application/json, application/yaml{f', {CONTENT_TYPE}' if also else ''}")


def _message(name: str, data: bytes) -> Object:
    made: Object = {}
    for number, raw in _fields(data):
        if number not in _MESSAGES[name]:
            raise unsupported()
        field, kind = _MESSAGES[name][number]
        shape, _, of = kind.rpartition(" ")
        if shape == "list":
            made.setdefault(field, []).append(_value(of, raw))
        elif shape == "map":
            entry = dict(_fields(_as_bytes(raw)))
            made.setdefault(field, {})[_value("string", entry.get(1, b""))] = _value(of, entry.get(2, b""))
        elif (kind != "ignored" and raw != b"") or kind in _MESSAGES:  # an empty string is an absent one
            made[field] = _value(kind, raw)
    return made


def _value(kind: str, raw: bytes | int) -> Any:
    if kind in ("integer", "boolean"):
        number = int(raw)
        return bool(number) if kind == "boolean" else number - (1 << 64 if number >> 63 else 0)
    data = _as_bytes(raw)
    if kind == "string":
        return data.decode()
    return base64.b64encode(data).decode() if kind == "bytes" else _message(kind, data)


def _as_bytes(raw: bytes | int) -> bytes:
    if isinstance(raw, int):
        raise TypeError("a number where bytes belong")
    return raw


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Field numbers and raw values; IndexError where the data ends too early."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, place = _varint(data, place)
            yield number, value
            continue
        if wire == _BYTES:
            size, place = _varint(data, place)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise TypeError(f"wire type {wire}")
        if place + size > len(data):
            raise IndexError
        yield number, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise IndexError
